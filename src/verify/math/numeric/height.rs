//! How many bits the literals of an expression hold: a measure of how close to one another two unequal
//! values of such expressions can be.

use super::super::ast::{Ast, Id, Node};
use super::super::lex::rational_bits;

/// The height of an expression, in bits. Infinite where it cannot be told.
pub(super) fn height(ast: &Ast, id: Id) -> f64 {
    match ast.node(id) {
        Node::Number(number) => match rational_bits(&number.value) {
            // Small literals are everywhere and harmless.
            bits @ 0..=8 => bits as f64 / 8.0,
            bits => bits as f64,
        },
        Node::Power(base, exponent) => {
            let inner = match ast.node(*base) {
                Node::Number(number) => rational_bits(&number.value) as f64,
                _ => height(ast, *base),
            };
            match ast.literal(*exponent) {
                Some((number, _)) => inner * number.value.to_f64_fast().abs().max(1.0),
                None => inner.max(1.0) * (1.0 + height(ast, *exponent)),
            }
        }
        node => {
            let mut total = 0.0;
            node.for_each_child(|child| total += height(ast, child));
            total
        }
    }
}
