//! The lexer on the corners of Rust that a line-wise search gets wrong.

use super::{Kind, lex};

fn kinds(text: &str) -> Vec<(Kind, &str)> {
    lex(text).into_iter().map(|token| (token.kind, token.text)).collect()
}

fn idents(text: &str) -> Vec<&str> {
    lex(text).into_iter().filter(|token| token.kind == Kind::Ident).map(|token| token.text).collect()
}

#[test]
fn comments_and_strings_are_not_code() {
    let text =
        "a // use sqlx;\n/* use /* nested */ sqlx */ b \"use \\\" sqlx\" c r#\"use \" sqlx\"# d b\"sqlx\" e";
    assert_eq!(idents(text), ["a", "b", "c", "d", "e"]);
}

#[test]
fn strings_keep_their_contents() {
    assert_eq!(kinds(r##"r#"a"b"#"##), [(Kind::Str, "a\"b")]);
    assert_eq!(kinds(r#""a\\" x"#), [(Kind::Str, r"a\\"), (Kind::Ident, "x")]);
    assert_eq!(kinds(r#"cr"x""#), [(Kind::Str, "x")]);
}

#[test]
fn quotes_are_characters_or_lifetimes() {
    let text = r"'a' 'b '\'' '\u{1F600}' b'\n' '算' &'static";
    let expected = [
        (Kind::Char, "'a'"),
        (Kind::Lifetime, "'b"),
        (Kind::Char, r"'\''"),
        (Kind::Char, r"'\u{1F600}'"),
        (Kind::Char, r"b'\n'"),
        (Kind::Char, "'算'"),
        (Kind::Punct, "&"),
        (Kind::Lifetime, "'static"),
    ];
    assert_eq!(kinds(text), expected);
}

#[test]
fn numbers_end_where_they_end() {
    assert_eq!(kinds("1..2")[0], (Kind::Number, "1"));
    assert_eq!(kinds("1.5e-3_f64"), [(Kind::Number, "1.5e-3_f64")]);
    assert_eq!(kinds("0xAE-1")[0], (Kind::Number, "0xAE"));
    let fields: Vec<_> = kinds("p.0.1").into_iter().filter(|(kind, _)| *kind == Kind::Number).collect();
    assert_eq!(fields, [(Kind::Number, "0"), (Kind::Number, "1")]);
}

#[test]
fn lines_are_counted_through_everything() {
    let text = "a\n/*\n\n*/ \"x\ny\" b\nr#\"\n\"# r#type";
    let at: Vec<_> = lex(text).into_iter().map(|token| (token.text, token.line)).collect();
    assert_eq!(at[2], ("x\ny", 4));
    assert_eq!(at[3], ("b", 5));
    assert_eq!(at[5], ("type", 7));
}

#[test]
fn what_is_cut_short_does_not_hang() {
    for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "r#", "b'", "1.", "0x", "\u{FEFF}fn"] {
        lex(text);
    }
}
