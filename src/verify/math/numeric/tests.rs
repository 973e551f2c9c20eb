use super::super::fuel::GRADE;
use super::super::lex::Sense;
use super::super::parse::parse;
use super::*;

fn numeric(a: &str, b: &str) -> Numeric {
    let (a, b) = (parse(a, Sense::Usual).unwrap(), parse(b, Sense::Usual).unwrap());
    let side = |parsed: &super::super::parse::Parsed| (parsed.root, 1);
    let ((a_id, sign), (b_id, _)) = (side(&a), side(&b));
    let a = Scalar { ast: &a.ast, id: a_id, sign };
    let b = Scalar { ast: &b.ast, id: b_id, sign };
    compare(a, b, &mut Fuel::new(GRADE)).unwrap()
}

#[test]
fn identities_hold() {
    for (a, b) in [
        (r"\sqrt{7+4\sqrt{3}}", r"2+\sqrt{3}"),
        (r"\sqrt[3]{16}", r"2\sqrt[3]{2}"),
        (r"|a-b|", r"|b-a|"),
        (r"\arctan 1", r"\frac{\pi}{4}"),
        (r"\arcsin x+\arccos x", r"\frac{\pi}{2}"),
        (r"\ln(xy)", r"\ln x+\ln y"),
        (r"\sqrt{x^2}", r"|x|"),
        (r"\max(x,-x)", r"|x|"),
        (r"(1+i)^{10}", "32i"),
        (r"|5+12i|", "13"),
        (r"\sqrt{-4}", "2i"),
        (r"\lfloor\pi\rfloor", "3"),
    ] {
        assert_eq!(numeric(a, b), Numeric::Equal, "{a} = {b}");
    }
}

#[test]
fn near_misses_differ() {
    for (a, b) in [
        (r"\sqrt{7+4\sqrt{3}}", r"2-\sqrt{3}"),
        (r"|a-b|", "a-b"),
        (r"\sqrt{x^2}", "x"),
        (r"\cos x", r"\cos(x+10^{-12})"),
        (r"\pi", r"\frac{355}{113}"),
        (r"\ln 3", r"\log_2 5"),
    ] {
        assert_eq!(numeric(a, b), Numeric::Different, "{a} = {b}");
    }
}

#[test]
fn what_the_precision_cannot_show_is_undecided() {
    assert_eq!(numeric(r"\cos x", r"\cos(x+10^{-40})"), Numeric::Undecided);
    assert_eq!(numeric("e^{10^{6}}", "e^{10^{6}}+1"), Numeric::Undecided);
}
