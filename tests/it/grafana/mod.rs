//! Moving from Grafana: what Grafana does, fact by fact, against what an imported configuration does.
//!
//! Each fact of `facts.json` is written out as Grafana's own files, imported as the command imports
//! them, and decided as `simulate` decides. What differs on purpose is listed with its reason, and
//! must be as in Grafana when it is imported with `--compat`.

mod cases;
mod command;
mod compare;
mod decide;
mod fact;
mod files;
mod import;
mod page;
mod table;

use fact::Fact;

/// Facts that differ unless `--compat` is given: id, and why ours is safer.
const SAFER: &[(&str, &str)] = &[
    ("lm-42", "a DN is compared as a directory compares it: blanks after its commas lock nobody out"),
    ("lgm-05", "a DN is compared as a directory compares it: blanks after its commas lock nobody out"),
    ("lgm-11", "a DN is compared as a directory compares it: an escaped letter is that letter"),
];

#[test]
fn every_fact_holds_or_is_safer_on_purpose() {
    let mut wrong = Vec::new();
    for fact in Fact::all() {
        let safer = SAFER.iter().any(|(id, _)| *id == fact.id);
        for compat in [false, true] {
            match (compare::fact(&fact, compat), safer && !compat) {
                (Err(why), false) => wrong.push(format!("{} (compat {compat}): {why}", fact.id)),
                (Ok(()), true) => wrong.push(format!("{}: is as in Grafana, take it off the list", fact.id)),
                _ => {}
            }
        }
    }
    crate::architecture::none(&wrong, "these facts do not hold");
}
