//! Brackets of every kind, set builders, matrices, piecewise definitions.

use super::super::ast::{Bracket, Id, Join, NamedSet, Node};
use super::super::lex::{Kind, Side, Token};
use super::{Parser, Result};

impl Parser<'_> {
    /// What a bracket, a bar or an environment opens.
    pub(super) fn bracketed(&mut self) -> Result<Id> {
        match self.peek().cloned() {
            // `\left\{ … \right.`: a brace that only opens.
            Some(Kind::Open(Bracket::Curly)) if self.is_half_open() => {
                self.at += 1;
                self.bracketed()
            }
            Some(Kind::Open(Bracket::Curly)) => self.nested(Self::set),
            // `(1011)_2`
            Some(Kind::Open(Bracket::Round))
                if matches!(self.peek_at(1), Some(Kind::Number(_)))
                    && self.peek_at(2) == Some(&Kind::Close(Bracket::Round))
                    && self.peek_at(3) == Some(&Kind::Underscore) =>
            {
                self.at += 3;
                self.based(self.at - 2)
            }
            Some(Kind::Open(open)) => self.nested(|parser| parser.sequence(open)),
            // `]2, 9]`: an open end in the continental notation.
            Some(Kind::Close(Bracket::Square)) => {
                self.nested(|parser| parser.sequence(Bracket::Outward))
            }
            Some(Kind::StepOpen(function)) => self.nested(|parser| {
                parser.at += 1;
                let inner = parser.sum()?;
                parser.expect(&Kind::StepClose(function))?;
                parser.add(Node::Apply(function, vec![inner]))
            }),
            Some(Kind::Bar(Side::Either | Side::Open)) => self.nested(Self::absolute),
            Some(Kind::Norm) => self.nested(|parser| {
                parser.at += 1;
                let inner = parser.sum()?;
                parser.expect(&Kind::Norm)?;
                let name = parser.ast.name("\\|");
                parser.add(Node::Call(name, vec![inner]))
            }),
            Some(Kind::Begin(name)) => {
                let name = name.to_owned();
                self.nested(|parser| parser.environment(&name))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Whether the brace here opens an environment and is never closed.
    fn is_half_open(&self) -> bool {
        let closes = |token: &Token<'_>| token.kind == Kind::Close(Bracket::Curly);
        matches!(self.peek_at(1), Some(Kind::Begin(_)))
            && !self.tokens[self.at..].iter().any(closes)
    }

    /// Whether the square bracket here turns its back on an interval that is open in that style.
    pub(super) fn closes_outward(&self) -> bool {
        matches!(
            self.peek_at(1),
            None | Some(
                Kind::Union
                    | Kind::Intersection
                    | Kind::Comma
                    | Kind::Semicolon
                    | Kind::GroupClose
                    | Kind::And
                    | Kind::Or
            )
        )
    }

    fn sequence(&mut self, open: Bracket) -> Result<Id> {
        self.at += 1;
        let (bars, builder) = (self.bars, self.builder);
        (self.bars, self.builder) = (0, false);
        let mut items = vec![self.item()?];
        while matches!(self.peek(), Some(Kind::Comma | Kind::Semicolon)) {
            self.at += 1;
            items.push(self.item()?);
        }
        (self.bars, self.builder) = (bars, builder);
        let close = match self.peek() {
            Some(Kind::Close(close @ (Bracket::Round | Bracket::Square | Bracket::Angle))) => {
                *close
            }
            Some(Kind::Open(Bracket::Square)) if self.closes_outward() => Bracket::Outward,
            _ => return Err(self.unexpected()),
        };
        let angle = (open == Bracket::Angle, close == Bracket::Angle);
        if angle.0 != angle.1 {
            return Err(self.unexpected());
        }
        self.at += 1;
        if let [only] = items[..] {
            let paired = open == close && open != Bracket::Outward;
            return if paired { Ok(only) } else { Err(self.unexpected()) };
        }
        self.add(Node::Sequence { open, close, items })
    }

    /// A set in braces: its elements, or an element and a condition.
    fn set(&mut self) -> Result<Id> {
        self.at += 1;
        if self.eat(&Kind::Close(Bracket::Curly)) {
            return self.add(Node::Set(NamedSet::Empty));
        }
        let (bars, builder) = (self.bars, self.builder);
        (self.bars, self.builder) = (0, true);
        let mut items = vec![self.item()?];
        let bar = matches!(self.peek(), Some(Kind::Mid | Kind::Colon | Kind::Bar(_)));
        if bar {
            self.at += 1;
            self.builder = false;
            let condition = self.list_until_brace()?;
            (self.bars, self.builder) = (bars, builder);
            return self.add(Node::Builder(items[0], condition));
        }
        while matches!(self.peek(), Some(Kind::Comma | Kind::Semicolon)) {
            self.at += 1;
            items.push(self.item()?);
        }
        (self.bars, self.builder) = (bars, builder);
        self.expect(&Kind::Close(Bracket::Curly))?;
        self.add(Node::Sequence { open: Bracket::Curly, close: Bracket::Curly, items })
    }

    fn list_until_brace(&mut self) -> Result<Id> {
        let mut items = vec![self.item()?];
        let mut any = false;
        while matches!(self.peek(), Some(Kind::Comma | Kind::And | Kind::Or)) {
            any |= self.peek() == Some(&Kind::Or);
            self.at += 1;
            items.push(self.item()?);
        }
        self.expect(&Kind::Close(Bracket::Curly))?;
        if let [only] = items[..] {
            return Ok(only);
        }
        self.add(Node::List { items, join: if any { Join::Or } else { Join::And } })
    }

    fn environment(&mut self, name: &str) -> Result<Id> {
        self.at += 1;
        match name {
            "cases" | "dcases" | "rcases" => self.cases(name),
            "aligned" | "align" | "align*" | "gathered" | "gather" | "gather*" | "split"
            | "equation" | "equation*" => self.rows(name),
            "pmatrix" | "bmatrix" | "matrix" | "Bmatrix" | "smallmatrix" | "psmallmatrix"
            | "bsmallmatrix" => self.matrix(name),
            "array" => {
                self.skip_group()?;
                let matrix = self.matrix(name)?;
                self.system(matrix)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Lines of equations. A line that starts with a relation goes on with the line before.
    fn rows(&mut self, name: &str) -> Result<Id> {
        let end = (self.at..self.tokens.len())
            .find(|&at| matches!(&self.tokens[at].kind, Kind::End(_)))
            .ok_or_else(|| self.unexpected())?;
        let line = self.tokens.drain(self.at..end).filter(|token| token.kind != Kind::Ampersand);
        let mut kept: Vec<Token<'_>> = Vec::new();
        for token in line {
            if matches!(token.kind, Kind::Relation(_))
                && kept.last().is_some_and(|last| last.kind == Kind::Row)
            {
                kept.pop();
            }
            kept.push(token);
        }
        while kept.last().is_some_and(|last| last.kind == Kind::Row) {
            kept.pop();
        }
        let at = self.at;
        self.tokens.splice(at..at, kept);
        let mut items = vec![self.item()?];
        while self.eat(&Kind::Row) || self.eat(&Kind::Comma) {
            if !matches!(self.peek(), Some(Kind::Row)) {
                items.push(self.item()?);
            }
        }
        self.close_environment(name)?;
        if let [only] = items[..] {
            return Ok(only);
        }
        self.add(Node::List { items, join: Join::And })
    }

    fn matrix(&mut self, name: &str) -> Result<Id> {
        let mut cells = Vec::new();
        let mut columns = None;
        let mut row = 0;
        loop {
            cells.push(self.item()?);
            row += 1;
            if self.eat(&Kind::Ampersand) {
                continue;
            }
            let more = self.eat(&Kind::Row);
            if *columns.get_or_insert(row) != row {
                return Err(self.unexpected());
            }
            row = 0;
            if more && !matches!(self.peek(), Some(Kind::End(_))) {
                continue;
            }
            self.close_environment(name)?;
            return self.add(Node::Matrix { columns: columns.unwrap_or(1), cells });
        }
    }

    /// A column of equations is a system, any other array a matrix.
    fn system(&mut self, matrix: Id) -> Result<Id> {
        let Node::Matrix { columns: 1, cells } = self.ast.node(matrix) else { return Ok(matrix) };
        if !cells.iter().all(|&id| matches!(self.ast.node(id), Node::Chain { .. })) {
            return Ok(matrix);
        }
        let items = cells.clone();
        if let [only] = items[..] {
            return Ok(only);
        }
        self.add(Node::List { items, join: Join::And })
    }

    fn close_environment(&mut self, name: &str) -> Result<()> {
        let closes = matches!(self.peek(), Some(Kind::End(end)) if *end == name);
        if !closes {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn cases(&mut self, name: &str) -> Result<Id> {
        let mut branches = Vec::new();
        loop {
            let value = self.item()?;
            self.eat(&Kind::Comma);
            let condition = if self.eat(&Kind::Ampersand) { self.condition()? } else { None };
            branches.push((value, condition));
            let more = self.eat(&Kind::Row);
            if more && !matches!(self.peek(), Some(Kind::End(_))) {
                continue;
            }
            self.close_environment(name)?;
            // Equations without conditions are a system.
            let relation = |id: Id| matches!(self.ast.node(id), Node::Chain { .. });
            if branches.iter().all(|(value, condition)| condition.is_none() && relation(*value)) {
                let items = branches.into_iter().map(|(value, _)| value).collect();
                return self.add(Node::List { items, join: Join::And });
            }
            return self.add(Node::Cases(branches));
        }
    }

    /// A condition, or `None` for "otherwise".
    fn condition(&mut self) -> Result<Option<Id>> {
        while let Some(Kind::Text(word) | Kind::Word(word)) = self.peek() {
            let word = word.trim().to_ascii_lowercase();
            match word.as_str() {
                "if" | "for" | "when" | "where" => self.at += 1,
                "otherwise" | "else" => {
                    self.at += 1;
                    return Ok(None);
                }
                _ => break,
            }
        }
        let mut items = vec![self.item()?];
        while matches!(self.peek(), Some(Kind::And | Kind::Or | Kind::Comma)) {
            if self.peek() == Some(&Kind::Or) {
                return Err(self.unexpected());
            }
            self.at += 1;
            items.push(self.item()?);
        }
        if let [only] = items[..] {
            return Ok(Some(only));
        }
        self.add(Node::List { items, join: Join::And }).map(Some)
    }
}
