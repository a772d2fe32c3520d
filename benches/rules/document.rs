//! Expressions that are made to be slow, on the largest documents that are read.

use anyhow::Result;
use rosterd_core::mapping::{Document, Expression, Source};
use std::time::Instant;

pub(crate) fn measure() -> Result<()> {
    let groups: Vec<String> = (0..19_000).map(|n| format!("\"group-{n:06}-{}\"", "x".repeat(30))).collect();
    let objects: Vec<String> = (0..6_000).map(|n| format!("{{\"a\":\"{n:06}\",\"b\":{n}}}")).collect();
    let documents = [
        ("19,000 texts", format!("{{\"id_token\": {{\"l\": [{}]}}}}", groups.join(","))),
        ("6,000 objects", format!("{{\"id_token\": {{\"l\": [{}]}}}}", objects.join(","))),
        ("a text of 1 MB", format!("{{\"id_token\": {{\"l\": \"{}\"}}}}", "é".repeat(500_000))),
    ];
    let expressions = [
        "contains(l[*], 'group-018999')".to_owned(),
        "l[?starts_with(@, 'group-01')] | [0]".to_owned(),
        "sort(l)".to_owned(),
        "sort_by(l, &a)[*].b".to_owned(),
        "l[?a=='1'||b==`7`].a".to_owned(),
        format!("l[?{}]", vec!["x"; 250].join("||")),
        format!("l{}", format!("[*].[`{:?}`][][]", [0; 8]).repeat(4)),
        format!("to_string({})", "[@,@]|".repeat(4).trim_end_matches('|')),
        vec!["reverse(l)"; 60].join("&&"),
        format!("to_string(l)=='{}'", "x".repeat(100)),
        vec!["l==l"; 100].join("&&"),
        "l[::-1][::2][::-1]".to_owned(),
    ];
    println!("{:<16} {:<34} {:>10}  outcome", "", "", "time");
    for (name, text) in &documents {
        let begun = Instant::now();
        let document = Document::parse(text);
        println!("{name:<16} {:<34} {:>7.2} ms", "(read)", begun.elapsed().as_secs_f64() * 1e3);
        let document = document?;
        let Some(claims) = document.claims.get(Source::IdToken) else { continue };
        for text in &expressions {
            let shown: String = text.chars().take(32).collect();
            let expression = match Expression::compile(text) {
                Ok(expression) => expression,
                Err(why) => {
                    println!("{name:<16} {shown:<34} {:>10}  refused: {why}", "");
                    continue;
                }
            };
            let begun = Instant::now();
            let value = expression.evaluate(claims);
            let time = begun.elapsed().as_secs_f64() * 1e3;
            let outcome = value.map_or_else(|why| why, |value| value.get_type().to_string());
            println!("{name:<16} {shown:<34} {time:>7.2} ms  {outcome}");
        }
    }
    Ok(())
}
