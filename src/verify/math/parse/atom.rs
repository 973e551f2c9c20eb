//! Atoms: literals, symbols, brackets, fractions, radicals.

use super::super::ast::{ARROW, Bracket, Constant, Function, Id, NamedSet, Node, Number};
use super::super::lex::{Kind, Side, digits_value};
use super::{Parser, Result};

impl Parser<'_> {
    /// The next atom.
    pub(super) fn atom(&mut self) -> Result<Id> {
        let Some(kind) = self.peek().cloned() else { return Err(self.unexpected()) };
        let place = self.at;
        self.at += 1;
        match kind {
            Kind::Number(number) => {
                if self.peek() == Some(&Kind::Underscore) {
                    return self.based(place);
                }
                self.add(Node::Number(number))
            }
            Kind::Letter(_) | Kind::Symbol(_) => self.symbol(place),
            Kind::Constant(Constant::E | Constant::I)
                if matches!(self.peek(), Some(Kind::Underscore | Kind::Prime)) =>
            {
                self.symbol(place)
            }
            Kind::Constant(constant) => self.add(Node::Constant(constant)),
            Kind::Set(set) => self.named_set(set),
            Kind::Function(function) => self.nested(|parser| parser.application(function)),
            Kind::Text(_) if self.peek() == Some(&Kind::Underscore) => self.based(place),
            Kind::Word(_) | Kind::Text(_) => self.words(place),
            Kind::Currency(unit) => {
                let value = self.factor()?;
                let unit = self.ast.name(unit);
                let value = self.suffix_of_money(value)?;
                self.add(Node::Quantity { value, unit })
            }
            Kind::Fraction => self.nested(|parser| {
                let numerator = parser.argument()?;
                let denominator = parser.argument()?;
                parser.add(Node::Quotient(numerator, denominator))
            }),
            Kind::Binomial => self.nested(|parser| {
                let arguments = vec![parser.argument()?, parser.argument()?];
                parser.add(Node::Apply(Function::Binomial, arguments))
            }),
            Kind::Radical => self.nested(Self::radical),
            Kind::GroupOpen => {
                self.at -= 1;
                self.group()
            }
            Kind::Ellipsis => {
                let name = self.ast.name("\\ldots");
                self.add(Node::Text(name))
            }
            Kind::Overline => self.nested(|parser| parser.overlined(place)),
            _ => {
                self.at -= 1;
                self.bracketed()
            }
        }
    }

    /// `\$3 million`
    fn suffix_of_money(&mut self, value: Id) -> Result<Id> {
        let wrapped = self.suffix(value)?;
        Ok(if matches!(self.ast.node(wrapped), Node::Quantity { .. }) { value } else { wrapped })
    }

    /// A symbol with its subscript and primes, or a function of unknown meaning applied.
    fn symbol(&mut self, place: usize) -> Result<Id> {
        let start = self.tokens[place].start;
        let mut name = self.source[start..self.tokens[place].end].to_owned();
        if name == "\\varphi" {
            "\\phi".clone_into(&mut name);
        } else if name == "\\varepsilon" {
            "\\epsilon".clone_into(&mut name);
        }
        if matches!(name.as_str(), "\\angle" | "\\triangle") {
            name.push_str(&self.corners());
        }
        if self.eat(&Kind::Underscore) {
            name.push_str("_{");
            name.push_str(&self.raw_argument()?);
            name.push('}');
        }
        name.push_str(&self.primes());
        if place == 0 && name == "P" {
            name.push_str(&self.event());
        }
        let is_call = self.is_call(&name);
        let name = self.ast.name(&name);
        if !is_call {
            return self.add(Node::Symbol(name));
        }
        let inside = self.nested(Self::bracketed)?;
        let arguments = match self.ast.node(inside) {
            Node::Sequence { items, .. } => items.clone(),
            _ => vec![inside],
        };
        self.add(Node::Call(name, arguments))
    }

    /// The letters that name an angle or a triangle.
    fn corners(&mut self) -> String {
        let mut found = String::new();
        while let Some(Kind::Letter(_) | Kind::Word(_)) = self.peek()
            && found.len() < 3
        {
            let token = &self.tokens[self.at];
            found.push_str(&self.source[token.start..token.end]);
            self.at += 1;
        }
        if found.is_empty() { found } else { format!(" {found}") }
    }

    /// The event in `P(X = 2) = …`, blanks apart as it is written: a probability by its name.
    fn event(&mut self) -> String {
        let inner = self.tokens[self.at..].iter().scan(0usize, |depth, token| {
            match token.kind {
                Kind::Open(_) => *depth += 1,
                Kind::Close(_) => *depth = depth.saturating_sub(1),
                _ => {}
            }
            (*depth > 0).then_some(token)
        });
        let inside: Vec<_> = inner.skip(1).collect();
        let close = inside.len() + 1;
        let told = |kind: &Kind<'_>| {
            matches!(
                kind,
                Kind::Relation(_)
                    | Kind::Bar(_)
                    | Kind::Mid
                    | Kind::Union
                    | Kind::Intersection
                    | Kind::Text(_)
                    | Kind::Word(_)
                    | Kind::And
                    | Kind::Or
            )
        };
        let named = self.peek() == Some(&Kind::Open(Bracket::Round))
            && self.peek_at(close) == Some(&Kind::Close(Bracket::Round))
            && matches!(self.peek_at(close + 1), Some(Kind::Relation(_)))
            && inside.iter().any(|token| told(&token.kind));
        if !named {
            return String::new();
        }
        let words: Vec<&str> =
            inside.iter().map(|token| &self.source[token.start..token.end]).collect();
        self.at += close + 1;
        format!("({})", words.join(" "))
    }

    /// The primes of a name: `'`, or `^{\prime\prime}`.
    fn primes(&mut self) -> String {
        let mut found = String::new();
        while self.eat(&Kind::Prime) {
            found.push('\'');
        }
        if self.peek() != Some(&Kind::Caret) {
            return found;
        }
        let grouped = self.peek_at(1) == Some(&Kind::GroupOpen);
        let first = 1 + usize::from(grouped);
        let count = (first..).take_while(|&at| self.peek_at(at) == Some(&Kind::Prime)).count();
        let closed = !grouped || self.peek_at(first + count) == Some(&Kind::GroupClose);
        if count > 0 && closed {
            self.at += first + count + usize::from(grouped);
            found.push_str(&"'".repeat(count));
        }
        found
    }

    /// `f(x)` is a call, `x(y+1)` a product: by convention of names, and by what is inside.
    fn is_call(&self, name: &str) -> bool {
        if self.peek() != Some(&Kind::Open(Bracket::Round)) || self.spaced() {
            return false;
        }
        let first = name.chars().next().unwrap_or(' ');
        let single = matches!(self.peek_at(1), Some(Kind::Letter(_) | Kind::Number(_)))
            && matches!(self.peek_at(2), Some(Kind::Close(Bracket::Round) | Kind::Comma));
        matches!(first, 'f' | 'g' | 'h')
            || (single && (first.is_ascii_uppercase() || matches!(first, 'p' | 'q' | 'u' | 'y')))
    }

    /// The source of the argument that follows, without blanks and outer braces.
    fn raw_argument(&mut self) -> Result<String> {
        let from = self.at;
        if self.peek() == Some(&Kind::GroupOpen) {
            self.skip_group()?;
        } else if self.peek().is_some() {
            self.at += 1;
        } else {
            return Err(self.unexpected());
        }
        let (first, last) = (&self.tokens[from], &self.tokens[self.at - 1]);
        let text = &self.source[first.start..last.end];
        let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
        Ok(text.chars().filter(|c| !c.is_whitespace()).collect())
    }

    /// Passes over a balanced group.
    pub(super) fn skip_group(&mut self) -> Result<()> {
        let mut depth = 0usize;
        loop {
            match self.peek() {
                Some(Kind::GroupOpen) => depth += 1,
                Some(Kind::GroupClose) => {
                    depth = depth.checked_sub(1).ok_or_else(|| self.unexpected())?;
                }
                None => return Err(self.unexpected()),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// `413_5`: digits in another base.
    pub(super) fn based(&mut self, place: usize) -> Result<Id> {
        let token = &self.tokens[place];
        let digits: String = match token.kind {
            Kind::Text(digits) => digits.to_ascii_uppercase(),
            _ => self.source[token.start..token.end].chars().filter(char::is_ascii_digit).collect(),
        };
        self.at += 1;
        let base = self.raw_argument()?;
        let base = base.trim_start_matches("\\text{").trim_end_matches('}');
        let base = base.strip_prefix('(').and_then(|b| b.strip_suffix(')')).unwrap_or(base);
        let base = match base {
            "two" => 2,
            "three" => 3,
            "four" => 4,
            "five" => 5,
            "six" => 6,
            "seven" => 7,
            "eight" => 8,
            "nine" => 9,
            "ten" => 10,
            "twelve" => 12,
            "sixteen" => 16,
            _ => base.parse().map_err(|_| self.unexpected())?,
        };
        let valid = (2..=36).contains(&base)
            && digits.chars().all(|digit| digit.to_digit(36).is_some_and(|d| d < base));
        if !valid {
            return Err(self.unexpected());
        }
        if base == 10 {
            let value = digits_value(digits.as_bytes()).ok_or_else(|| self.unexpected())?;
            return self.add(Node::Number(Number { value: value.into(), decimal: None }));
        }
        let digits = self.ast.name(digits.trim_start_matches('0'));
        self.add(Node::Based { digits, base })
    }

    /// A run of words: prose, or the label of an equation.
    fn words(&mut self, place: usize) -> Result<Id> {
        while matches!(self.peek(), Some(Kind::Word(_) | Kind::Text(_))) {
            self.at += 1;
        }
        let text = &self.source[self.tokens[place].start..self.tokens[self.at - 1].end];
        let text = self.ast.name(text);
        self.add(Node::Text(text))
    }

    fn radical(&mut self) -> Result<Id> {
        let index = if self.eat(&Kind::Open(Bracket::Square)) {
            let index = self.sum()?;
            self.expect(&Kind::Close(Bracket::Square))?;
            index
        } else {
            let two = Number { value: 2u8.into(), decimal: None };
            self.add(Node::Number(two))?
        };
        let radicand = self.argument()?;
        self.add(Node::Apply(Function::Root, vec![index, radicand]))
    }

    /// `\overline{AB}`, `\overrightarrow{AB}`, `\hat{x}`: one symbol.
    fn overlined(&mut self, place: usize) -> Result<Id> {
        let inner = self.raw_argument()?;
        let length = self.tokens[place].end - self.tokens[place].start;
        if length == 0 || inner.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.unexpected());
        }
        let accent = match &self.source[self.tokens[place].start..self.tokens[place].end] {
            "\\hat" | "\\widehat" => "\\hat",
            "\\tilde" | "\\widetilde" => "\\tilde",
            "\\vec" | "\\overrightarrow" => ARROW,
            _ => "\\overline",
        };
        let name = self.ast.name(&format!("{accent}{{{inner}}}"));
        self.add(Node::Symbol(name))
    }

    /// A group in braces: invisible brackets, or a set in plain notation if it holds a list.
    pub(super) fn group(&mut self) -> Result<Id> {
        self.expect(&Kind::GroupOpen)?;
        if self.peek() == Some(&Kind::GroupClose) && self.tokens.len() == 2 {
            self.at += 1;
            return self.add(Node::Set(NamedSet::Empty));
        }
        self.nested(|parser| {
            let (bars, builder) = (parser.bars, parser.builder);
            (parser.bars, parser.builder) = (0, false);
            let mut items = vec![parser.item()?];
            if let Some(kind @ (Kind::Over | Kind::Choose)) = parser.peek().cloned() {
                parser.at += 1;
                let below = parser.sum()?;
                items[0] = parser.add(if kind == Kind::Over {
                    Node::Quotient(items[0], below)
                } else {
                    Node::Apply(Function::Binomial, vec![items[0], below])
                })?;
            }
            while parser.eat(&Kind::Comma) {
                items.push(parser.item()?);
            }
            (parser.bars, parser.builder) = (bars, builder);
            parser.expect(&Kind::GroupClose)?;
            if let [only] = items[..] {
                return Ok(only);
            }
            parser.add(Node::Sequence { open: Bracket::Curly, close: Bracket::Curly, items })
        })
    }

    /// `|…|`
    pub(super) fn absolute(&mut self) -> Result<Id> {
        self.at += 1;
        self.bars += 1;
        let inner = self.sum()?;
        self.bars -= 1;
        if !matches!(self.peek(), Some(Kind::Bar(Side::Either | Side::Close))) {
            return Err(self.unexpected());
        }
        self.at += 1;
        self.add(Node::Apply(Function::Abs, vec![inner]))
    }
}
