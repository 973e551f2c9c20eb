//! Matrices with the scalars that multiply them.

use super::super::ast::{Id, Node};
use super::{Classifier, Untyped};

impl Classifier<'_, '_> {
    /// The columns and cells of an expression that is a matrix times scalars, or its transpose.
    pub(super) fn matrix(&mut self, id: Id) -> Result<(usize, Vec<Id>), Untyped> {
        match self.ast.node(id).clone() {
            Node::Matrix { columns, cells } => Ok((columns, cells)),
            Node::Negative(inner) => {
                let (columns, cells) = self.matrix(inner)?;
                self.each(columns, cells, Node::Negative)
            }
            Node::Quotient(above, below) => {
                let (columns, cells) = self.matrix(above)?;
                self.each(columns, cells, |cell| Node::Quotient(cell, below))
            }
            Node::Power(base, exponent) => {
                let (columns, cells) = self.matrix(base)?;
                let transposes = match self.ast.node(exponent) {
                    Node::Symbol(name) => matches!(self.ast.text(*name), "T" | "t"),
                    _ => false,
                };
                if !transposes {
                    return Err(Untyped::Mixed);
                }
                let rows = cells.len() / columns;
                let cell = |index: usize| cells[(index % rows) * columns + index / rows];
                Ok((rows, (0..cells.len()).map(cell).collect()))
            }
            Node::Product(factors) => {
                let is_matrix =
                    |id: &Id| self.ast.any(*id, &|node| matches!(node, Node::Matrix { .. }));
                let (matrices, scalars): (Vec<Id>, Vec<Id>) =
                    factors.into_iter().partition(is_matrix);
                let [matrix] = matrices[..] else { return Err(Untyped::Mixed) };
                let (columns, cells) = self.matrix(matrix)?;
                self.each(columns, cells, |cell| {
                    let mut factors = scalars.clone();
                    factors.push(cell);
                    Node::Product(factors)
                })
            }
            _ => Err(Untyped::Mixed),
        }
    }

    fn each(
        &mut self,
        columns: usize,
        cells: Vec<Id>,
        f: impl Fn(Id) -> Node,
    ) -> Result<(usize, Vec<Id>), Untyped> {
        let cells = cells.into_iter().map(|cell| self.ast.add(f(cell)));
        Ok((columns, cells.collect::<Result<_, _>>()?))
    }
}
