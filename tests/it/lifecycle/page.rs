//! `docs/lifecycle.md` shows the table that the program uses.

use rosterd_core::lifecycle::{Access, Answer, Kind, State, may, reachable};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const BEGIN: &str = "<!-- Made from the program's own table. To make it anew:\n     UPDATE=1 cargo test --all-features --test it the_page_of_the_lifecycle -->\n";
const END: &str = "<!-- Until here. -->\n";

fn table() -> String {
    let mut conditions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = String::new();
    for kind in Kind::ALL {
        let states: Vec<State> = State::ALL.into_iter().filter(|state| reachable(kind, *state)).collect();
        let title = match kind {
            Kind::Person => "A person",
            Kind::Service => "A service account",
            Kind::BreakGlass => "A break-glass account",
        };
        write!(out, "\n### {title}\n\n| may it … |").unwrap();
        for state in &states {
            write!(out, " {} |", state.name()).unwrap();
        }
        writeln!(out, "\n|---|{}", "---|".repeat(states.len())).unwrap();
        for access in Access::ALL {
            write!(out, "| {} |", access.name()).unwrap();
            for state in &states {
                let said = match may(kind, *state, access) {
                    Answer::Yes => "yes".to_owned(),
                    Answer::No => "no".to_owned(),
                    Answer::When(condition) => {
                        let next = conditions.len() + 1;
                        format!("by itself ({})", conditions.entry(condition).or_insert(next))
                    }
                };
                write!(out, " {said} |").unwrap();
            }
            out.push('\n');
        }
    }
    let mut numbered: Vec<(usize, &str)> = conditions.into_iter().map(|(text, number)| (number, text)).collect();
    numbered.sort_unstable();
    out.push_str("\nBy itself, when:\n\n");
    for (number, text) in numbered {
        writeln!(out, "{number}. {text}.").unwrap();
    }
    out.push('\n');
    out
}

#[test]
fn the_page_of_the_lifecycle_is_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lifecycle.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where the table ends");
    let made = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == made,
        "docs/lifecycle.md is not what the table says:\n  UPDATE=1 cargo test --all-features --test it the_page_of_the_lifecycle"
    );
}
