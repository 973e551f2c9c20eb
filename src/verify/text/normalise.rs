//! The answer normalisation of SQuAD v1.1.
//!
//! Rajpurkar et al. 2016, *SQuAD: 100,000+ Questions for Machine Comprehension of Text* (arXiv
//! 1606.05250), §6.1 and its evaluation script: lower case, then without ASCII punctuation, then without
//! the words *a*, *an*, *the*, then with single spaces.

/// The words of the text as SQuAD v1.1 compares them.
pub(super) fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let bare: String = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    without_articles(&bare)
        .split(is_space)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Each article that stands as a word of its own becomes a space. A word ends where letters and digits
/// do, which need not be at white space ("the—end").
fn without_articles(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        kept.push_str(if matches!(word, "a" | "an" | "the") { " " } else { word });
        let gap = after.find(char::is_alphanumeric).unwrap_or(after.len());
        kept.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    kept
}

/// White space as Python's `str.split` sees it: Unicode's, and four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_articles_and_spaces_go() {
        assert_eq!(words("The  U.S.A., an   Ally!"), ["usa", "ally"]);
        assert_eq!(words("theatre and a-b"), ["theatre", "and", "ab"]);
        assert_eq!(words("the—end"), ["—end"]);
        assert_eq!(words("A\tan\nTHE"), Vec::<String>::new());
    }

    #[test]
    fn punctuation_goes_before_articles() {
        assert_eq!(words("t.h.e 'a' x"), ["x"]);
    }

    #[test]
    fn other_scripts_keep_their_marks() {
        assert_eq!(words("«É» ΣΑΣ"), ["«é»", "σας"]);
    }
}
