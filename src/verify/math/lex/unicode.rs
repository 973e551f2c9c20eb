//! Unicode to TeX: one spelling for every mathematical character.
//!
//! Look-alike letters of other scripts are left as they are: a Cyrillic `а` is not an `a`.

use std::borrow::Cow;

/// The same text in ASCII where a character has a TeX spelling; invisible characters are removed.
pub(in crate::verify::math) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\n' || b == b'\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{221a}' {
            // A radical sign reaches over the number that follows it.
            out.push_str("\\sqrt");
            let mut digits = String::new();
            while let Some(d) = chars.next_if(char::is_ascii_digit) {
                digits.push(d);
            }
            if !digits.is_empty() {
                out.push('{');
                out.push_str(&digits);
                out.push('}');
            }
        } else if let Some(digit) = superscript(c) {
            script(&mut out, '^', digit, &mut chars, superscript);
        } else if let Some(digit) = subscript(c) {
            script(&mut out, '_', digit, &mut chars, subscript);
        } else {
            fold_char(c, &mut out);
        }
    }
    Cow::Owned(out)
}

fn script(
    out: &mut String,
    mark: char,
    first: char,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    map: fn(char) -> Option<char>,
) {
    out.push(mark);
    out.push('{');
    out.push(first);
    while let Some(next) = chars.peek().and_then(|&c| map(c)) {
        out.push(next);
        chars.next();
    }
    out.push('}');
}

fn superscript(c: char) -> Option<char> {
    Some(match c {
        '\u{2070}' => '0',
        '\u{b9}' => '1',
        '\u{b2}' => '2',
        '\u{b3}' => '3',
        '\u{2074}'..='\u{2079}' => char::from(b'4' + (c as u32 - 0x2074) as u8),
        '\u{207a}' => '+',
        '\u{207b}' => '-',
        '\u{207f}' => 'n',
        '\u{2071}' => 'i',
        '\u{02e3}' => 'x',
        _ => return None,
    })
}

fn subscript(c: char) -> Option<char> {
    match c {
        '\u{2080}'..='\u{2089}' => Some(char::from(b'0' + (c as u32 - 0x2080) as u8)),
        '\u{2099}' => Some('n'),
        _ => None,
    }
}

fn fold_char(c: char, out: &mut String) {
    match c {
        '\n' | '\t' | '\r' => out.push(' '),
        // Invisible: controls, zero-width marks, direction overrides, byte-order mark.
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => {}
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => out.push(' '),
        // Full-width forms of the ASCII characters.
        '\u{ff01}'..='\u{ff5e}' => {
            out.extend(char::from_u32(c as u32 - 0xff01 + 0x21));
        }
        _ => match CHARACTERS.binary_search_by_key(&c, |&(known, _)| known) {
            Ok(index) => out.push_str(CHARACTERS[index].1),
            Err(_) => out.push(c),
        },
    }
}

/// Characters and their spelling, ordered by code point.
const CHARACTERS: &[(char, &str)] = &[
    ('\u{ac}', "\\neg "),
    ('\u{b0}', "^\\circ "),
    ('\u{b1}', "\\pm "),
    ('\u{b7}', "\\cdot "),
    // The ordinal indicator, typed for a degree sign.
    ('\u{ba}', "^\\circ "),
    ('\u{bc}', "\\frac{1}{4}"),
    ('\u{bd}', "\\frac{1}{2}"),
    ('\u{be}', "\\frac{3}{4}"),
    ('\u{d7}', "\\times "),
    ('\u{f7}', "\\div "),
    ('\u{393}', "\\Gamma "),
    ('\u{394}', "\\Delta "),
    ('\u{398}', "\\Theta "),
    ('\u{39b}', "\\Lambda "),
    ('\u{3a0}', "\\Pi "),
    ('\u{3a3}', "\\Sigma "),
    ('\u{3a6}', "\\Phi "),
    ('\u{3a8}', "\\Psi "),
    ('\u{3a9}', "\\Omega "),
    ('\u{3b1}', "\\alpha "),
    ('\u{3b2}', "\\beta "),
    ('\u{3b3}', "\\gamma "),
    ('\u{3b4}', "\\delta "),
    ('\u{3b5}', "\\epsilon "),
    ('\u{3b6}', "\\zeta "),
    ('\u{3b7}', "\\eta "),
    ('\u{3b8}', "\\theta "),
    ('\u{3ba}', "\\kappa "),
    ('\u{3bb}', "\\lambda "),
    ('\u{3bc}', "\\mu "),
    ('\u{3bd}', "\\nu "),
    ('\u{3be}', "\\xi "),
    ('\u{3c0}', "\\pi "),
    ('\u{3c1}', "\\rho "),
    ('\u{3c3}', "\\sigma "),
    ('\u{3c4}', "\\tau "),
    ('\u{3c6}', "\\phi "),
    ('\u{3c7}', "\\chi "),
    ('\u{3c8}', "\\psi "),
    ('\u{3c9}', "\\omega "),
    ('\u{3d5}', "\\phi "),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2015}', "-"),
    ('\u{2016}', "\\|"),
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{2026}', "\\ldots "),
    ('\u{2032}', "'"),
    ('\u{2044}', "/"),
    ('\u{2061}', ""),
    ('\u{2102}', "\\mathbb{C}"),
    ('\u{2115}', "\\mathbb{N}"),
    ('\u{211a}', "\\mathbb{Q}"),
    ('\u{211d}', "\\mathbb{R}"),
    ('\u{2124}', "\\mathbb{Z}"),
    ('\u{2150}', "\\frac{1}{7}"),
    ('\u{2153}', "\\frac{1}{3}"),
    ('\u{2154}', "\\frac{2}{3}"),
    ('\u{2155}', "\\frac{1}{5}"),
    ('\u{2156}', "\\frac{2}{5}"),
    ('\u{2157}', "\\frac{3}{5}"),
    ('\u{2158}', "\\frac{4}{5}"),
    ('\u{2159}', "\\frac{1}{6}"),
    ('\u{215a}', "\\frac{5}{6}"),
    ('\u{215b}', "\\frac{1}{8}"),
    ('\u{215c}', "\\frac{3}{8}"),
    ('\u{215d}', "\\frac{5}{8}"),
    ('\u{215e}', "\\frac{7}{8}"),
    ('\u{2190}', "\\leftarrow "),
    ('\u{2192}', "\\to "),
    ('\u{21d2}', "\\Rightarrow "),
    ('\u{21d4}', "\\Leftrightarrow "),
    ('\u{2200}', "\\forall "),
    ('\u{2205}', "\\emptyset "),
    ('\u{2208}', "\\in "),
    ('\u{2209}', "\\notin "),
    ('\u{2211}', "\\sum "),
    ('\u{2212}', "-"),
    ('\u{2213}', "\\mp "),
    ('\u{2215}', "/"),
    ('\u{2216}', "\\setminus "),
    ('\u{2217}', "*"),
    ('\u{2218}', "\\circ "),
    ('\u{2219}', "\\cdot "),
    ('\u{221e}', "\\infty "),
    ('\u{2220}', "\\angle "),
    ('\u{2223}', "|"),
    ('\u{2225}', "\\parallel "),
    ('\u{2227}', "\\land "),
    ('\u{2228}', "\\lor "),
    ('\u{2229}', "\\cap "),
    ('\u{222a}', "\\cup "),
    ('\u{222b}', "\\int "),
    ('\u{2236}', ":"),
    ('\u{223c}', "\\sim "),
    ('\u{2245}', "\\cong "),
    ('\u{2248}', "\\approx "),
    ('\u{2260}', "\\ne "),
    ('\u{2261}', "\\equiv "),
    ('\u{2264}', "\\le "),
    ('\u{2265}', "\\ge "),
    ('\u{2282}', "\\subset "),
    ('\u{2286}', "\\subseteq "),
    ('\u{22a5}', "\\perp "),
    ('\u{22c5}', "\\cdot "),
    ('\u{22ef}', "\\cdots "),
    ('\u{2308}', "\\lceil "),
    ('\u{2309}', "\\rceil "),
    ('\u{230a}', "\\lfloor "),
    ('\u{230b}', "\\rfloor "),
    ('\u{25b3}', "\\triangle "),
    ('\u{27e8}', "\\langle "),
    ('\u{27e9}', "\\rangle "),
    ('\u{2a7d}', "\\le "),
    ('\u{2a7e}', "\\ge "),
    ('\u{3001}', ","),
    ('\u{3002}', "."),
    ('\u{1d452}', "e"),
    ('\u{1d456}', "i"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ordered() {
        assert!(CHARACTERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn characters_become_tex() {
        assert_eq!(fold("12"), "12");
        assert_eq!(fold("\u{ff11}\u{ff12}"), "12");
        assert_eq!(fold("x\u{b2}\u{207a}\u{b9}"), "x^{2+1}");
        assert_eq!(fold("\u{221a}12"), "\\sqrt{12}");
        assert_eq!(fold("\u{202e}21"), "21");
        assert_eq!(fold("413\u{2085}"), "413_{5}");
        assert_eq!(fold("\u{430}"), "\u{430}");
    }
}
