//! S37 and S44: too soon, too late, for too long, or nobody can say when. A minute is allowed between the clocks.

use super::{Hostile, Stage};
use crate::saml::forge::message::{SESSION, alice, assertion, changed, unsigned_response};
use crate::saml::forge::sign::signed;
use crate::saml::forge::{at, edit};

const WHEN: &str = "it does not hold now (SAML core §2.5.1.2)";
const LONG: &str = "a login that holds longer than a day is one that somebody has kept";
const TEXT: &str = "times are in UTC and say so (SAML core §1.3.3)";
const AGE: &str = "it was said too long ago, or has not been said yet";

/// One time of the assertion is another; `was` in seconds from now.
fn moved(id: &'static str, name: &str, why: &'static str, attribute: &'static str, was: i64, is: String) -> Hostile {
    Hostile::new(id, Stage::Profile, name, why, move |given| {
        let from = format!(" {attribute}=\"{}\"", at(was));
        let text = assertion(given);
        assert!(text.contains(&from), "{from}");
        let to = if is.is_empty() { String::new() } else { format!(" {attribute}=\"{is}\"") };
        unsigned_response(&signed(&text.replace(&from, &to)), given)
    })
}

pub(super) fn all() -> Vec<Hostile> {
    [conditions(), texts(), ages()].into_iter().flatten().collect()
}

fn conditions() -> Vec<Hostile> {
    vec![
        moved("S37", "conditions that begin in 61 s", WHEN, "NotBefore", -35, at(61)),
        moved("S37", "conditions that begin tomorrow", WHEN, "NotBefore", -35, at(86_400)),
        moved("S37", "everything ended 60 s ago", WHEN, "NotOnOrAfter", 295, at(-60)),
        moved("S37", "everything ended a year ago", WHEN, "NotOnOrAfter", 295, at(-31_536_000)),
        Hostile::new("S37", Stage::Profile, "conditions that ended 61 s ago", WHEN, |given| {
            let end = |time: String| format!(" NotOnOrAfter=\"{time}\"><saml:AudienceRestriction>");
            changed(given, &end(at(295)), &end(at(-61)))
        }),
        Hostile::new("S37", Stage::Profile, "no conditions", WHEN, |given| {
            let text = assertion(given);
            let from = text.find("<saml:Conditions").unwrap();
            let to = text.find("</saml:Conditions>").unwrap() + "</saml:Conditions>".len();
            changed(given, &text[from..to], "")
        }),
        Hostile::new("S37", Stage::Profile, "two conditions", WHEN, |given| {
            let text = assertion(given);
            let from = text.find("<saml:Conditions").unwrap();
            let to = text.find("</saml:Conditions>").unwrap() + "</saml:Conditions>".len();
            changed(given, &text[from..to], &text[from..to].repeat(2))
        }),
        Hostile::new("S37", Stage::Profile, "conditions that end before they begin", WHEN, |given| {
            let both = |from, to| format!("<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\">", at(from), at(to));
            changed(given, &both(-35, 295), &both(40, -40))
        }),
        moved("S37", "everything holds for 25 hours", LONG, "NotOnOrAfter", 295, at(90_000)),
        moved(
            "S37",
            "everything holds until the year 9999",
            LONG,
            "NotOnOrAfter",
            295,
            "9999-12-31T23:59:59Z".to_owned(),
        ),
    ]
}

fn texts() -> Vec<Hostile> {
    let text = |name: &str, is: &str| moved("S37", name, TEXT, "NotOnOrAfter", 295, is.to_owned());
    vec![
        text("a time of no zone", "2026-05-28T20:31:35"),
        text("a time in words", "tomorrow"),
        text("a number", "1780000295"),
        text("month 13", "2026-13-28T20:31:35Z"),
        text("30 February", "2027-02-30T20:31:35Z"),
        text("hour 25", "2026-05-28T25:31:35Z"),
        text("a date", "2026-05-29"),
        text("a year of 20 digits", "99999999999999999999-05-28T20:31:35Z"),
        text("a time and more", "2026-05-28T20:31:35Z, honestly"),
        text("1,000 digits of a second", &format!("2026-05-28T20:31:35.{}Z", "1".repeat(1000))),
    ]
}

fn ages() -> Vec<Hostile> {
    vec![
        moved("S44", "a session that ended 61 s ago", WHEN, "SessionNotOnOrAfter", SESSION, at(-61)),
        moved("S44", "a session without a time", TEXT, "SessionNotOnOrAfter", SESSION, "never".to_owned()),
        moved("S44", "an assertion issued in 61 s", AGE, "IssueInstant", -5, at(61)),
        moved("S44", "an assertion issued 6 min 1 s ago", AGE, "IssueInstant", -5, at(-361)),
        moved("S44", "an assertion issued yesterday", AGE, "IssueInstant", -5, at(-86_400)),
        moved("S44", "an assertion issued nobody says when", AGE, "IssueInstant", -5, String::new()),
        moved("S44", "a login in an hour", AGE, "AuthnInstant", -5, at(3600)).or("alice"),
        Hostile::new(
            "S44",
            Stage::Profile,
            "nobody says that somebody has logged in",
            "SAML profiles §4.1.4.2",
            |given| {
                let text = assertion(given);
                let from = text.find("<saml:AuthnStatement").unwrap();
                let to = text.find("</saml:AuthnStatement>").unwrap() + "</saml:AuthnStatement>".len();
                changed(given, &text[from..to], "")
            },
        ),
        Hostile::new("S44", Stage::Profile, "a response issued in an hour", AGE, |given| {
            let from = format!("IssueInstant=\"{}\"", at(-5));
            edit(&alice(given), &from, &format!("IssueInstant=\"{}\"", at(3600)))
        }),
        Hostile::new("S44", Stage::Profile, "a response issued yesterday", AGE, |given| {
            let from = format!("IssueInstant=\"{}\"", at(-5));
            edit(&alice(given), &from, &format!("IssueInstant=\"{}\"", at(-86_400)))
        }),
    ]
}
