//! An HTML page.

use std::fmt::Write;

use super::svg::{Plot, escaped};

/// A page in the making.
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    body: String,
}

const STYLE: &str = "body{font:15px/1.5 sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}\
pre{background:#f6f6f6;padding:1em;overflow-x:auto}svg{max-width:100%;height:auto}\
@media(prefers-color-scheme:dark){svg{background:#fff}}";

impl Page {
    /// A page with a heading.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), body: String::new() }
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p>{}</p>", escaped(text));
    }

    /// Adds text as it is laid out, a table for instance.
    pub fn table(&mut self, text: &str) {
        let _ = writeln!(self.body, "<pre>{}</pre>", escaped(text));
    }

    /// Adds a plot.
    pub fn plot(&mut self, plot: &Plot) {
        self.body.push_str(&plot.svg());
    }

    /// The whole page.
    #[must_use]
    pub fn html(&self) -> String {
        let (title, body) = (escaped(&self.title), &self.body);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<h1>{title}</h1>\n{body}</html>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_needs_nothing_else() {
        let mut page = Page::new("gold & proxy");
        page.text("a < b");
        page.table("arm  gold");
        page.plot(&Plot::default());
        let html = page.html();
        assert!(
            html.contains("<h1>gold &amp; proxy</h1>\n<p>a &lt; b</p>\n<pre>arm  gold</pre>\n<svg")
        );
        // The only address is the name of SVG's language.
        assert_eq!(html.matches("://").count(), 1);
        assert!(!html.contains("<script") && !html.contains("src="));
    }
}
