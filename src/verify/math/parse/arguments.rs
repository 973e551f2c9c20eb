//! Arguments in TeX's manner, powers, and the application of functions.

use super::super::ast::{Bracket, Function, Id, Node, Number};
use super::super::lex::{Kind, Sense, Side, digits_value};
use super::{ParseError, Parser, Result};
use dashu_ratio::RBig;

impl Parser<'_> {
    /// An atom with its postfix operators.
    pub(super) fn factor(&mut self) -> Result<Id> {
        let base = self.atom()?;
        self.postfix(base)
    }

    /// What follows an atom: powers, factorials, degree and percent signs.
    pub(super) fn postfix(&mut self, mut base: Id) -> Result<Id> {
        loop {
            match self.peek() {
                Some(Kind::Bang) if self.peek_at(1) == Some(&Kind::Bang) => {
                    self.at += 2;
                    base = self.double_factorial(base)?;
                }
                Some(Kind::Bang) => {
                    self.at += 1;
                    base = self.add(Node::Apply(Function::Factorial, vec![base]))?;
                }
                Some(Kind::Percent) => {
                    self.at += 1;
                    base = self.add(Node::Percent(base))?;
                }
                Some(Kind::Degree) => {
                    self.at += 1;
                    base = self.degrees(base)?;
                }
                Some(Kind::Caret) => {
                    self.at += 1;
                    base = self.nested(|parser| parser.power(base))?;
                }
                _ => return Ok(base),
            }
        }
    }

    /// What follows the caret of `base`.
    fn power(&mut self, base: Id) -> Result<Id> {
        let grouped = self.peek() == Some(&Kind::GroupOpen);
        let mark = self.peek_at(usize::from(grouped)).cloned();
        let closed = !grouped || self.peek_at(2) == Some(&Kind::GroupClose);
        let width = if grouped { 3 } else { 1 };
        match mark {
            Some(Kind::Degree) if closed => {
                self.at += width;
                return self.degrees(base);
            }
            // `9^{th}` is the ordinal of 9.
            Some(Kind::Word(word) | Kind::Text(word))
                if closed && matches!(word, "th" | "st" | "nd" | "rd") =>
            {
                self.at += width;
                return Ok(base);
            }
            _ => {}
        }
        let exponent = self.exponent()?;
        self.add(Node::Power(base, exponent))
    }

    fn exponent(&mut self) -> Result<Id> {
        if self.eat(&Kind::Minus) {
            let inner = self.exponent_argument()?;
            return self.add(Node::Negative(inner));
        }
        self.exponent_argument()
    }

    /// An exponent: a group, or one atom. A number is taken whole, since `2^10` is written for 1024.
    fn exponent_argument(&mut self) -> Result<Id> {
        let argument = match self.peek() {
            Some(Kind::GroupOpen) => self.group()?,
            _ => self.atom()?,
        };
        if self.eat(&Kind::Caret) {
            return self.nested(|parser| parser.power(argument));
        }
        Ok(argument)
    }

    /// A mandatory argument: a group, or the next token alone, where a number gives one digit.
    pub(super) fn argument(&mut self) -> Result<Id> {
        match self.peek() {
            Some(Kind::GroupOpen) => self.group(),
            Some(Kind::Number(_)) => self.digit(),
            Some(Kind::Fraction | Kind::Radical | Kind::Binomial | Kind::Open(_)) => {
                self.nested(Self::atom)
            }
            Some(Kind::Letter(_) | Kind::Symbol(_) | Kind::Constant(_)) => self.atom(),
            _ => Err(self.unexpected()),
        }
    }

    /// The first digit of the number token, whose rest stays.
    fn digit(&mut self) -> Result<Id> {
        let (start, end) = (self.tokens[self.at].start, self.tokens[self.at].end);
        let text = &self.source[start..end];
        if text.len() == 1 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return self.atom();
        }
        let literal = |digits: &str| {
            let value = digits_value(digits.as_bytes()).ok_or(ParseError::Unexpected(start))?;
            Ok::<_, ParseError>(Number { value: RBig::from(value), decimal: None })
        };
        let rest = literal(&text[1..])?;
        let token = &mut self.tokens[self.at];
        token.kind = Kind::Number(rest);
        token.start += 1;
        token.spaced = false;
        self.add(Node::Number(literal(&text[..1])?))
    }

    /// Applies the named function, whose token was just consumed.
    pub(super) fn application(&mut self, function: Function) -> Result<Id> {
        let mut base = None;
        let mut exponent = None;
        for _ in 0..2 {
            if self.eat(&Kind::Underscore) {
                base = Some(self.argument()?);
            } else if self.eat(&Kind::Caret) {
                exponent = Some(self.nested(Self::exponent)?);
            }
        }
        let inverse = match exponent.map(|id| self.ast.literal(id)) {
            Some(Some((number, true))) if number.value.is_one() => inverse(function),
            _ => None,
        };
        let (function, exponent) = match inverse {
            Some(inverse) => (inverse, None),
            None => (function, exponent),
        };
        let mut arguments = self.function_arguments(function)?;
        let function = self.with_base(function, base, &mut arguments)?;
        let applied = self.add(Node::Apply(function, arguments))?;
        match exponent {
            Some(exponent) => self.add(Node::Power(applied, exponent)),
            None => Ok(applied),
        }
    }

    /// `\log_b`: the base becomes the first argument; without one a logarithm is natural, or decimal by the
    /// sense.
    fn with_base(
        &mut self,
        function: Function,
        base: Option<Id>,
        arguments: &mut Vec<Id>,
    ) -> Result<Function> {
        match (function, base) {
            (Function::Lg, None) => {
                let ten = Number { value: 10u8.into(), decimal: None };
                arguments.insert(0, self.add(Node::Number(ten))?);
                Ok(Function::Log)
            }
            (Function::Log, None) if self.sense == Sense::Decimal => {
                let ten = Number { value: 10u8.into(), decimal: None };
                arguments.insert(0, self.add(Node::Number(ten))?);
                Ok(Function::Log)
            }
            (Function::Log, None) => {
                if !self.senses.contains(&Sense::Decimal) {
                    self.senses.push(Sense::Decimal);
                }
                Ok(Function::Ln)
            }
            (Function::Log, Some(base)) => {
                arguments.insert(0, base);
                Ok(Function::Log)
            }
            (_, Some(_)) => Err(self.unexpected()),
            (function, None) => Ok(function),
        }
    }

    fn function_arguments(&mut self, function: Function) -> Result<Vec<Id>> {
        let many =
            matches!(function, Function::Max | Function::Min | Function::Gcd | Function::Lcm);
        match self.peek() {
            Some(Kind::Open(Bracket::Round | Bracket::Square | Bracket::Curly)) => {
                let id = self.nested(Self::atom)?;
                if let (true, Node::Sequence { open, close, items }) = (many, self.ast.node(id))
                    && open == close
                {
                    return Ok(items.clone());
                }
                Ok(vec![id])
            }
            Some(Kind::GroupOpen) => Ok(vec![self.group()?]),
            _ => Ok(vec![self.nested(Self::implicit_argument)?]),
        }
    }

    /// The argument of a function without brackets: factors side by side, up to a bracket or a function.
    fn implicit_argument(&mut self) -> Result<Id> {
        let negative = self.eat(&Kind::Minus);
        if let Some(&Kind::Function(function)) = self.peek() {
            self.at += 1;
            return self.application(function);
        }
        let mut factors = vec![self.factor()?];
        while matches!(
            self.peek(),
            Some(
                Kind::Letter(_)
                    | Kind::Symbol(_)
                    | Kind::Constant(_)
                    | Kind::Fraction
                    | Kind::Radical
                    | Kind::Bar(Side::Open)
            )
        ) {
            factors.push(self.factor()?);
        }
        let product = self.product_of(factors)?;
        if negative { self.add(Node::Negative(product)) } else { Ok(product) }
    }
}

fn inverse(function: Function) -> Option<Function> {
    use Function as F;
    Some(match function {
        F::Sin => F::Arcsin,
        F::Cos => F::Arccos,
        F::Tan => F::Arctan,
        F::Cot => F::Arccot,
        F::Sec => F::Arcsec,
        F::Csc => F::Arccsc,
        F::Sinh => F::Arsinh,
        F::Cosh => F::Arcosh,
        F::Tanh => F::Artanh,
        _ => return None,
    })
}
