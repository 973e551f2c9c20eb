//! Line plots as SVG.

use std::fmt::Write;

/// A line, with a band around it where it is the mean of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// `(x, y)`, in order of drawing; finite.
    pub points: Vec<(f64, f64)>,
    /// Half the height of the band at each point; empty for none.
    pub spread: Vec<f64>,
    /// Drawn with dashes.
    pub dashed: bool,
    /// Which colour of the palette; series of equal colour belong together.
    pub colour: usize,
}

impl Series {
    /// A line.
    #[must_use]
    pub fn line(name: &str, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.to_owned(), points, ..Self::default() }
    }

    /// The mean over several runs, point by point, with a band of one standard deviation of the runs on
    /// either side. Runs are cut to the shortest.
    #[must_use]
    pub fn band(name: &str, runs: &[Vec<(f64, f64)>]) -> Self {
        let length = runs.iter().map(Vec::len).min().unwrap_or(0);
        let count = runs.len().max(1) as f64;
        let mut series = Self { name: name.to_owned(), ..Self::default() };
        for at in 0..length {
            let mean = |of: fn(&(f64, f64)) -> f64| {
                runs.iter().map(|run| of(&run[at])).sum::<f64>() / count
            };
            let (x, y) = (mean(|point| point.0), mean(|point| point.1));
            let square: f64 = runs.iter().map(|run| (run[at].1 - y).powi(2)).sum();
            series.points.push((x, y));
            series.spread.push((square / (count - 1.0).max(1.0)).sqrt());
        }
        series
    }
}

/// A plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// Above it.
    pub title: String,
    /// Below the horizontal axis.
    pub x: String,
    /// Beside the vertical axis.
    pub y: String,
    /// The lines.
    pub series: Vec<Series>,
}

/// Colours that can be told apart by most eyes (Okabe and Ito 2008).
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933"];
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 380.0;
/// Left, top, right and bottom margins.
const MARGIN: (f64, f64, f64, f64) = (56.0, 30.0, 170.0, 44.0);

impl Plot {
    /// The plot as an `<svg>` element.
    #[must_use]
    pub fn svg(&self) -> String {
        let (x, y) = (self.axis(false), self.axis(true));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        );
        let mut text = |x: f64, y: f64, anchor: &str, extra: &str, content: &str| {
            let content = escaped(content);
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"{extra}>{content}</text>"
            );
        };
        let (left, top, right, bottom) = (MARGIN.0, MARGIN.1, WIDTH - MARGIN.2, HEIGHT - MARGIN.3);
        let middle = f64::midpoint(top, bottom);
        text(left, 18.0, "start", " font-weight=\"bold\"", &self.title);
        text(f64::midpoint(left, right), HEIGHT - 8.0, "middle", "", &self.x);
        let turned = format!(" transform=\"rotate(-90 14 {middle:.1})\"");
        text(14.0, middle, "middle", &turned, &self.y);
        for tick in x.ticks() {
            text(x.at(tick), bottom + 16.0, "middle", "", &number(tick));
        }
        for tick in y.ticks() {
            text(left - 6.0, y.at(tick) + 4.0, "end", "", &number(tick));
        }
        for (index, series) in self.series.iter().enumerate() {
            text(right + 34.0, top + 12.0 + 18.0 * index as f64, "start", "", &series.name);
        }
        for tick in y.ticks() {
            let at = y.at(tick);
            let colour = if tick == 0.0 { "#888" } else { "#ddd" };
            let _ = writeln!(
                out,
                "<path d=\"M{left:.1} {at:.1}H{right:.1}\" stroke=\"{colour}\" fill=\"none\"/>"
            );
        }
        let _ = writeln!(
            out,
            "<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" stroke=\"#444\" fill=\"none\"/>"
        );
        for (index, series) in self.series.iter().enumerate() {
            self.draw(&mut out, index, series, (&x, &y));
        }
        out.push_str("</svg>\n");
        out
    }

    fn draw(&self, out: &mut String, index: usize, series: &Series, (x, y): (&Axis, &Axis)) {
        // Colours are given by hand, or in order where none are.
        let given = self.series.iter().any(|series| series.colour > 0);
        let colour = COLOURS[(if given { series.colour } else { index }) % COLOURS.len()];
        let path = |points: &mut dyn Iterator<Item = (f64, f64)>| {
            let pairs = points.map(|(px, py)| format!("{:.1} {:.1}", x.at(px), y.at(py)));
            format!("M{}", pairs.collect::<Vec<_>>().join("L"))
        };
        if series.points.is_empty() {
            return;
        }
        if series.spread.iter().any(|spread| *spread > 0.0) {
            let around = || series.points.iter().zip(&series.spread);
            let mut edge = around()
                .map(|((x, y), spread)| (*x, y + spread))
                .chain(around().rev().map(|((x, y), spread)| (*x, y - spread)));
            let d = path(&mut edge);
            let _ = writeln!(out, "<path d=\"{d}Z\" fill=\"{colour}\" fill-opacity=\"0.15\"/>");
        }
        let dash = if series.dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let d = path(&mut series.points.iter().copied());
        let stroke = format!("stroke=\"{colour}\" stroke-width=\"1.8\" fill=\"none\"{dash}");
        let _ = writeln!(out, "<path d=\"{d}\" {stroke}/>");
        let (right, at) = (WIDTH - MARGIN.2 + 8.0, MARGIN.1 + 8.0 + 18.0 * index as f64);
        let _ = writeln!(out, "<path d=\"M{right:.1} {at:.1}h20\" {stroke}/>");
    }

    fn axis(&self, vertical: bool) -> Axis {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for series in &self.series {
            for (index, point) in series.points.iter().enumerate() {
                let spread = series.spread.get(index).copied().unwrap_or(0.0);
                let (value, spread) = if vertical { (point.1, spread) } else { (point.0, 0.0) };
                range = (range.0.min(value - spread), range.1.max(value + spread));
            }
        }
        let (left, top, right, bottom) = (MARGIN.0, MARGIN.1, WIDTH - MARGIN.2, HEIGHT - MARGIN.3);
        let place = if vertical { (bottom, top) } else { (left, right) };
        let range = if range.0 < range.1 {
            range
        } else if range.0.is_finite() {
            (range.0 - 1.0, range.0 + 1.0)
        } else {
            (0.0, 1.0)
        };
        Axis { range, place }
    }
}

/// From values to places.
struct Axis {
    range: (f64, f64),
    place: (f64, f64),
}

impl Axis {
    fn at(&self, value: f64) -> f64 {
        let share = (value - self.range.0) / (self.range.1 - self.range.0);
        self.place.0 + share * (self.place.1 - self.place.0)
    }

    /// Round values within the range, three to eight of them.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.range.1 - self.range.0) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= rough);
        let step = step.unwrap_or(10.0) * power;
        let first = (self.range.0 / step).ceil() as i64;
        let last = (self.range.1 / step).floor() as i64;
        (first..=last).map(|index| index as f64 * step).collect()
    }
}

/// A tick as text, without the noise of binary fractions.
fn number(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    format!("{}", rounded + 0.0)
}

/// Text as XML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_the_mean_of_runs_and_their_deviation() {
        let band = Series::band(
            "a",
            &[vec![(0.0, 1.0), (2.0, 4.0)], vec![(1.0, 3.0), (2.0, 4.0), (9.0, 9.0)]],
        );
        assert_eq!(band.points, [(0.5, 2.0), (2.0, 4.0)]);
        // Sample deviation of 1 and 3.
        assert!((band.spread[0] - 2f64.sqrt()).abs() < 1e-12);
        assert_eq!(band.spread[1], 0.0);
    }

    #[test]
    fn ticks_are_round_and_in_range() {
        let axis = |low, high| Axis { range: (low, high), place: (0.0, 100.0) };
        assert_eq!(axis(0.0, 6.0).ticks(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(axis(-0.3, 1.0).ticks().len(), 3);
        assert!((axis(2.0, 4.0).at(3.0) - 50.0).abs() < 1e-12);
        assert_eq!(number(0.1 + 0.2), "0.3");
        assert_eq!(number(-0.0), "0");
    }

    #[test]
    fn a_plot_is_well_formed_and_escapes_names() {
        let series = vec![
            Series::line("a < b & \"c\"", vec![(0.0, 0.0), (1.0, 2.0)]),
            Series { spread: vec![0.5, 0.5], ..Series::line("band", vec![(0.0, 1.0), (1.0, 1.0)]) },
            Series::line("nothing", Vec::new()),
        ];
        let svg =
            Plot { title: "t".to_owned(), x: "x".to_owned(), y: "y".to_owned(), series }.svg();
        assert!(svg.contains("a &lt; b &amp; &quot;c&quot;"));
        assert_eq!(svg.matches("fill-opacity").count(), 1);
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        // The first line goes from the lower left of the plot to its upper right.
        assert!(svg.contains("d=\"M56.0 336.0L470.0 30.0\""), "{svg}");
        let empty = Plot::default().svg();
        assert!(empty.ends_with("</svg>\n") && !empty.contains("NaN"));
    }
}
