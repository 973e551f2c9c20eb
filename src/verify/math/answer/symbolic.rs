//! Sets that are only letters: `A \cup B`, `(A \cap B) \setminus C`.

use super::super::ast::{Id, Node};
use super::super::render;
use super::{Classifier, Untyped};

impl Classifier<'_, '_> {
    /// Whether an expression combines sets of which only the names are given.
    pub(super) fn is_set_algebra(&self, id: Id) -> bool {
        match self.ast.node(id) {
            Node::Symbol(name) => self.ast.text(*name).starts_with(char::is_uppercase),
            Node::Union(items) | Node::Intersection(items) => {
                items.iter().all(|&item| self.is_set_algebra(item))
            }
            Node::Difference(a, b) => self.is_set_algebra(*a) && self.is_set_algebra(*b),
            _ => false,
        }
    }

    /// Such an expression with the operands of unions and intersections in one order.
    pub(super) fn set_algebra(&mut self, id: Id) -> Result<Id, Untyped> {
        let (name, mut operands, commutes) = match self.ast.node(id).clone() {
            Node::Union(items) => ("\\cup", items, true),
            Node::Intersection(items) => ("\\cap", items, true),
            Node::Difference(a, b) => ("\\setminus", vec![a, b], false),
            _ => return Ok(id),
        };
        for operand in &mut operands {
            *operand = self.set_algebra(*operand)?;
        }
        if commutes {
            operands.sort_by_cached_key(|&id| render::render(self.ast, id));
        }
        let name = self.ast.name(name);
        Ok(self.ast.add(Node::Call(name, operands))?)
    }
}
