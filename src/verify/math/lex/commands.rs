//! What a TeX command, or a bare word, stands for.

use super::super::ast::{Bracket, Constant, Function, NamedSet, Relation};
use super::{Kind, Side};

/// How the lexer goes on after a command's name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// A token by itself.
    Token(Kind<'static>),
    /// A letter by another name: the command's own name is the symbol's.
    Symbol,
    /// White space.
    Space,
    /// No meaning of its own; whatever follows is read as if it were not there.
    Skip,
    /// A mark over a letter, which makes it another symbol.
    Accent,
    /// Like [`Meaning::Skip`], and the braced argument that follows vanishes too.
    SkipArgument,
    /// A braced argument follows that is prose, or an upright name.
    Text,
    /// `\operatorname`, `\mathrm`: a braced name.
    Upright,
    /// `\mathbb`
    Blackboard,
    /// `\begin` or `\end`
    Environment(bool),
    /// `\left` or `\right`, which tell what side a bar is on.
    Delimiter(Side),
    /// An operator that is not evaluated.
    Operator,
}

/// The meaning of the TeX command `name` (without its backslash).
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn command(name: &str) -> Option<Meaning> {
    use Meaning::{Operator, Skip, SkipArgument, Space, Symbol, Text, Token};
    if let Some(function) = function(name) {
        return Some(Token(Kind::Function(function)));
    }
    if let Some(kind) = relation(name).map(Kind::Relation).or_else(|| delimiter(name)) {
        return Some(Token(kind));
    }
    Some(match name {
        "frac" | "dfrac" | "tfrac" | "cfrac" => Token(Kind::Fraction),
        "sqrt" => Token(Kind::Radical),
        "binom" | "dbinom" | "tbinom" => Token(Kind::Binomial),
        "over" => Token(Kind::Over),
        "choose" => Token(Kind::Choose),
        "pi" => Token(Kind::Constant(Constant::Pi)),
        "infty" | "infin" => Token(Kind::Constant(Constant::Infinity)),
        "imath" | "jmath" => Token(Kind::Constant(Constant::I)),
        "cdot" | "times" | "ast" | "cdotp" | "bullet" => Token(Kind::Times),
        "div" => Token(Kind::Divide),
        "pm" => Token(Kind::PlusMinus(false)),
        "mp" => Token(Kind::PlusMinus(true)),
        "cup" | "bigcup" => Token(Kind::Union),
        "cap" | "bigcap" => Token(Kind::Intersection),
        "setminus" | "backslash" | "smallsetminus" => Token(Kind::Without),
        "emptyset" | "varnothing" => Token(Kind::Set(NamedSet::Empty)),
        "land" | "wedge" | "and" => Token(Kind::And),
        "lor" | "vee" | "or" => Token(Kind::Or),
        "circ" | "degree" => Token(Kind::Degree),
        "prime" => Token(Kind::Prime),
        "colon" => Token(Kind::Colon),
        "bmod" | "pmod" | "mod" | "pod" => Token(Kind::Modulo),
        "overline" | "bar" | "widebar" => Token(Kind::Overline),
        "ldots" | "dots" | "cdots" | "dotsc" | "dotsb" | "dotso" => Token(Kind::Ellipsis),
        "newline" | "cr" => Token(Kind::Row),
        "alpha" | "beta" | "gamma" | "delta" | "epsilon" | "varepsilon" | "zeta" | "eta"
        | "theta" | "vartheta" | "iota" | "kappa" | "lambda" | "mu" | "nu" | "xi" | "rho"
        | "varrho" | "sigma" | "tau" | "upsilon" | "phi" | "varphi" | "chi" | "psi" | "omega"
        | "Gamma" | "Delta" | "Theta" | "Lambda" | "Xi" | "Pi" | "Sigma" | "Upsilon" | "Phi"
        | "Psi" | "Omega" | "ell" | "hbar" | "partial" | "nabla" | "aleph" | "triangle"
        | "angle" | "star" | "square" | "perp" | "diamond" | "heartsuit" | "spadesuit" => Symbol,
        "," | ";" | ":" | "!" | " " | ">" | "quad" | "qquad" | "enspace" | "thinspace"
        | "medspace" | "thickspace" | "/" => Space,
        "(" | ")" | "[" | "]" | "displaystyle" | "textstyle" | "scriptstyle" | "limits"
        | "nolimits" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "Bigl" | "biggl" | "Biggl"
        | "bigr" | "Bigr" | "biggr" | "Biggr" | "mathbf" | "boldsymbol" | "bm" | "mathit"
        | "mathcal" | "mathsf" | "mathfrak" | "mathscr" | "vec" | "overrightarrow" | "boxed"
        | "fbox" | "rm" | "bf" | "it" | "cal" | "large" | "Large" | "small" | "normalsize"
        | "mathstrut" | "left." | "right." | "ensuremath" | "underline" | "strut" | "middle"
        | "huge" | "Huge" | "allowbreak" | "relax" | "mathopen" | "mathclose" | "mathord"
        | "mathbin" | "mathrel" => Skip,
        "hat" | "widehat" | "tilde" | "widetilde" => Meaning::Accent,
        "phantom" | "hphantom" | "vphantom" | "color" | "textcolor" | "hspace" | "vspace"
        | "tag" | "label" | "hspace*" | "colorbox" | "kern" | "mkern" => SkipArgument,
        "text" | "textbf" | "textit" | "textrm" | "mbox" | "textsf" | "texttt" | "textnormal"
        | "hbox" | "emph" | "textup" => Text,
        "mathrm" | "operatorname" | "operatorname*" | "mathop" => Meaning::Upright,
        "mathbb" | "Bbb" => Meaning::Blackboard,
        "begin" => Meaning::Environment(true),
        "end" => Meaning::Environment(false),
        "left" => Meaning::Delimiter(Side::Open),
        "right" => Meaning::Delimiter(Side::Close),
        "sum" | "prod" | "int" | "iint" | "iiint" | "oint" | "lim" | "limsup" | "liminf"
        | "det" | "sup" | "inf" | "dim" | "ker" | "deg" | "Pr" | "arg" | "argmax" | "argmin"
        | "bigoplus" | "bigsqcup" | "coprod" => Operator,
        _ => return None,
    })
}

/// Whether a command without a meaning of its own sets what follows as a vector or a matrix.
pub(super) fn marks_vector(name: &str) -> bool {
    is_arrow(name) || matches!(name, "mathbf" | "boldsymbol" | "bm")
}

/// Whether a command sets an arrow over its argument.
pub(super) fn is_arrow(name: &str) -> bool {
    matches!(name, "vec" | "overrightarrow")
}

/// Relations that are words.
fn relation(name: &str) -> Option<Relation> {
    Some(match name {
        "eq" => Relation::Equal,
        "ne" | "neq" => Relation::NotEqual,
        "lt" => Relation::Less,
        "le" | "leq" | "leqslant" | "leqq" => Relation::LessEqual,
        "gt" => Relation::Greater,
        "ge" | "geq" | "geqslant" | "geqq" => Relation::GreaterEqual,
        "approx" | "approxeq" | "doteq" | "simeq" => Relation::Approximately,
        "in" => Relation::ElementOf,
        "equiv" => Relation::Congruent,
        "sim" => Relation::Other("sim"),
        "cong" => Relation::Other("cong"),
        "notin" => Relation::Other("notin"),
        "propto" => Relation::Other("propto"),
        "to" | "rightarrow" | "longrightarrow" => Relation::Other("to"),
        "mapsto" => Relation::Other("mapsto"),
        "Rightarrow" | "implies" | "Longrightarrow" => Relation::Other("implies"),
        "Leftrightarrow" | "iff" => Relation::Other("iff"),
        "subset" => Relation::Other("subset"),
        "subseteq" => Relation::Other("subseteq"),
        "supset" => Relation::Other("supset"),
        "supseteq" => Relation::Other("supseteq"),
        "parallel" => Relation::Other("parallel"),
        "divides" => Relation::Other("divides"),
        _ => return None,
    })
}

/// Delimiters that are words.
fn delimiter(name: &str) -> Option<Kind<'static>> {
    Some(match name {
        "{" | "lbrace" => Kind::Open(Bracket::Curly),
        "}" | "rbrace" => Kind::Close(Bracket::Curly),
        "langle" => Kind::Open(Bracket::Angle),
        "rangle" => Kind::Close(Bracket::Angle),
        "lbrack" => Kind::Open(Bracket::Square),
        "rbrack" => Kind::Close(Bracket::Square),
        "lparen" => Kind::Open(Bracket::Round),
        "rparen" => Kind::Close(Bracket::Round),
        "lfloor" => Kind::StepOpen(Function::Floor),
        "rfloor" => Kind::StepClose(Function::Floor),
        "lceil" => Kind::StepOpen(Function::Ceil),
        "rceil" => Kind::StepClose(Function::Ceil),
        "vert" => Kind::Bar(Side::Either),
        "lvert" => Kind::Bar(Side::Open),
        "rvert" => Kind::Bar(Side::Close),
        "mid" => Kind::Mid,
        "|" | "Vert" | "lVert" | "rVert" => Kind::Norm,
        "$" => Kind::Currency("dollar"),
        "pounds" => Kind::Currency("pound"),
        "euro" => Kind::Currency("euro"),
        "%" => Kind::Percent,
        "&" => Kind::And,
        "\\" => Kind::Row,
        _ => return None,
    })
}

/// Functions by name, with or without a backslash.
pub(super) fn function(name: &str) -> Option<Function> {
    use Function as F;
    Some(match name {
        "sin" => F::Sin,
        "cos" => F::Cos,
        "tan" | "tg" => F::Tan,
        "cot" | "ctg" => F::Cot,
        "sec" => F::Sec,
        "csc" | "cosec" => F::Csc,
        "arcsin" | "asin" => F::Arcsin,
        "arccos" | "acos" => F::Arccos,
        "arctan" | "atan" | "arctg" => F::Arctan,
        "arccot" | "acot" => F::Arccot,
        "arcsec" => F::Arcsec,
        "arccsc" => F::Arccsc,
        "sinh" => F::Sinh,
        "cosh" => F::Cosh,
        "tanh" => F::Tanh,
        "coth" => F::Coth,
        "arcsinh" | "arsinh" | "asinh" => F::Arsinh,
        "arccosh" | "arcosh" | "acosh" => F::Arcosh,
        "arctanh" | "artanh" | "atanh" => F::Artanh,
        "exp" => F::Exp,
        "ln" => F::Ln,
        "log" => F::Log,
        "lg" => F::Lg,
        "abs" => F::Abs,
        "floor" => F::Floor,
        "ceil" => F::Ceil,
        "gcd" => F::Gcd,
        "lcm" => F::Lcm,
        "max" => F::Max,
        "min" => F::Min,
        "sgn" | "sign" => F::Sign,
        "Re" => F::Re,
        "Im" => F::Im,
        _ => return None,
    })
}

/// Currencies by the words that stand before an amount.
pub(super) fn currency(name: &str) -> Option<&'static str> {
    Some(match name.trim_end_matches('.') {
        "Rs" | "Re" | "INR" => "rupee",
        "USD" | "US" => "dollar",
        "EUR" => "euro",
        "GBP" => "pound sterling",
        "JPY" => "yen",
        "RMB" | "CNY" => "yuan",
        _ => return None,
    })
}

/// What a run of two or more bare letters stands for, if it is not simply letters.
pub(super) fn word(run: &str) -> Option<Kind<'static>> {
    if let Some(function) = function(run) {
        return Some(Kind::Function(function));
    }
    Some(match run {
        "pi" => Kind::Constant(Constant::Pi),
        "infinity" | "Infinity" | "infty" | "oo" => Kind::Constant(Constant::Infinity),
        "sqrt" => Kind::Radical,
        "frac" => Kind::Fraction,
        "and" => Kind::And,
        "or" => Kind::Or,
        "in" => Kind::Relation(Relation::ElementOf),
        "union" => Kind::Union,
        "mod" => Kind::Modulo,
        "alpha" => Kind::Symbol("alpha"),
        "beta" => Kind::Symbol("beta"),
        "gamma" => Kind::Symbol("gamma"),
        "delta" => Kind::Symbol("delta"),
        "theta" => Kind::Symbol("theta"),
        "lambda" => Kind::Symbol("lambda"),
        "omega" => Kind::Symbol("omega"),
        "phi" => Kind::Symbol("phi"),
        _ => return None,
    })
}

/// Whether a bare run of letters is a product of one-letter symbols rather than a word.
///
/// `next` is the byte that follows: before an operator, `at` is a product.
pub(super) fn is_product(run: &str, next: Option<u8>) -> bool {
    const TWO: &[&str] = &[
        "no", "is", "an", "to", "of", "by", "at", "on", "cm", "km", "kg", "mm", "ml", "mL", "ft",
        "hr", "am", "pm", "AM", "PM", "mi", "lb", "oz", "Hz", "Pa", "yd", "if", "as", "it", "be",
        "do", "go", "he", "we", "us", "up", "so", "my", "me", "No", "Is", "If", "It", "nm", "kW",
        "kJ", "th", "st", "nd", "rd", "sq",
    ];
    const UNITS: &[&str] = &["cm", "km", "kg", "mm", "ml", "mL", "ft", "mi", "lb", "nm", "Hz"];
    const MIXED: &[&str] = &["MHz", "GHz", "THz", "MPa", "GPa", "PhD", "USt"];
    const THREE: &[&str] = &["lbs", "hrs", "yrs", "mph", "kph", "bad", "cab", "dab", "cad", "day"];
    match run.len() {
        2 if matches!(next, Some(b'+' | b'-' | b'*' | b'^' | b'=' | b'/')) => !UNITS.contains(&run),
        2 => !TWO.contains(&run),
        // `PDP^{-1}`
        3 | 4 if next == Some(b'^') && run.bytes().all(|b| b.is_ascii_uppercase()) => true,
        // `nRT`
        3 if run.bytes().filter(u8::is_ascii_uppercase).count() == 2 && !MIXED.contains(&run) => {
            true
        }
        3 => {
            let letters = |set: &str| run.chars().all(|c| set.contains(c));
            (letters("abcdxyz") || letters("bcdfghjkmnpqrstvwxz")) && !THREE.contains(&run)
        }
        _ => false,
    }
}
