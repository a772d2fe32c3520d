//! Whether a response is for us, now, and an answer to what was asked: the Web Browser SSO profile (SAML 2.0 Profiles
//! §4.1.4).

use super::Refused;
use super::assertion::{Confirmation, Statement, issuer};
use super::names::{PROTOCOL, SUCCESS, TRANSIENT};
use super::shape::at_most_one;
use super::time;
use rosterd_core::ids::Timestamp;
use roxmltree::Node;

/// What a response is held against.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The identity provider.
    pub issuer: &'a str,
    /// Us, by all names that count.
    pub audiences: Vec<&'a str>,
    /// Where it may have been sent to.
    pub recipients: Vec<&'a str>,
    pub answers: Answers<'a>,
    pub now: Timestamp,
    /// Milliseconds.
    pub skew: i64,
    /// Milliseconds.
    pub max_age: i64,
    /// `None`: any.
    pub format: Option<&'a str>,
    /// Whether a name counts that is another at each login.
    pub transient: bool,
}

/// What a response may be an answer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers<'a> {
    /// This request.
    Request(&'a str),
    /// Nothing: the identity provider began.
    Nothing,
    /// Somebody else's request, who has seen to that.
    Another,
}

/// The longest time that an assertion may be good for, in milliseconds.
const LONGEST: i64 = 24 * 3_600_000;

/// What stands around the assertion. `signed`: whether that was signed, too; what was not can refuse, and gives nothing.
pub(super) fn envelope(response: Node<'_, '_>, signed: bool, expected: &Expected<'_>) -> Result<(), Refused> {
    match issuer(response)? {
        Some(issuer) if issuer == expected.issuer => {}
        None if !signed => {}
        // Where it is signed it has to be there (§4.1.4.2).
        _ => return Err(wrong_issuer()),
    }
    match response.attribute("Destination") {
        Some(to) if expected.recipients.contains(&to) => {}
        // SAML 2.0 Bindings §3.5.5.2.
        None if !signed => {}
        _ => return Err(Refused::new("destination", "it was sent to somewhere else")),
    }
    answers(response.attribute("InResponseTo"), expected.answers, false)?;
    recent(time::read(response.attribute("IssueInstant").unwrap_or_default())?, expected)?;
    let status = at_most_one(response, (PROTOCOL, "Status"))?;
    let code = status.map(|status| at_most_one(status, (PROTOCOL, "StatusCode"))).transpose()?.flatten();
    if code.and_then(|code| code.attribute("Value")) != Some(SUCCESS) {
        return Err(Refused::new("status", "the identity provider says that the login failed"));
    }
    Ok(())
}

/// The assertion itself.
pub(super) fn assertion(statement: &Statement, expected: &Expected<'_>) -> Result<(), Refused> {
    if statement.issuer != expected.issuer {
        return Err(wrong_issuer());
    }
    recent(statement.issued_at, expected)?;
    conditions(statement, expected)?;
    if !statement.authenticated {
        return Err(Refused::new("authentication", "it does not say that anybody has logged in"));
    }
    if statement.session_ends.is_some_and(|end| past(end, expected)) {
        return Err(Refused::new("session-over", "the session at the identity provider is over"));
    }
    let format = statement.name.format.as_deref();
    if format == Some(TRANSIENT) && !expected.transient {
        return Err(Refused::new("name-id-format", "its name of somebody is another one at each login"));
    }
    if expected.format.is_some_and(|wanted| format != Some(wanted)) {
        return Err(Refused::new("name-id-format", "its name of somebody is of another format than `name_id_format`"));
    }
    let ours = statement.name.sp_qualifier.as_deref().is_none_or(|name| expected.audiences.contains(&name));
    let theirs = statement.name.qualifier.as_deref().is_none_or(|name| name == expected.issuer);
    if !ours || !theirs {
        return Err(Refused::new("name-id-qualifier", "its name of somebody is one for somebody else"));
    }
    // One that is right is enough (SAML 2.0 Core §2.4.1).
    let mut why = Refused::new("confirmation", "nobody may show it: it has no bearer confirmation");
    for confirmation in &statement.confirmations {
        match confirmed(confirmation, expected) {
            Ok(()) => return Ok(()),
            Err(refused) => why = refused,
        }
    }
    Err(why)
}

fn conditions(statement: &Statement, expected: &Expected<'_>) -> Result<(), Refused> {
    let end =
        statement.not_on_or_after.ok_or(Refused::new("conditions-time", "it does not say until when it is good"))?;
    let begin = statement.not_before.unwrap_or(statement.issued_at);
    if begin.0 > expected.now.0.saturating_add(expected.skew) {
        return Err(Refused::new("not-yet", "it is not good yet; compare the clocks"));
    }
    if past(end, expected) {
        return Err(Refused::new("expired", "it is not good any more; compare the clocks"));
    }
    if end <= begin || end.0.saturating_sub(begin.0) > LONGEST {
        return Err(Refused::new("conditions-time", "it is good for longer than a day, or for no time at all"));
    }
    let ours = |audience: &String| expected.audiences.contains(&audience.as_str());
    if statement.audiences.is_empty() || !statement.audiences.iter().all(|one| one.iter().any(ours)) {
        return Err(Refused::new(
            "audience",
            "it was made for somebody else; is `entity_id` what it knows rosterd by?",
        ));
    }
    Ok(())
}

fn confirmed(one: &Confirmation, expected: &Expected<'_>) -> Result<(), Refused> {
    if !one.recipient.as_deref().is_some_and(|recipient| expected.recipients.contains(&recipient)) {
        return Err(Refused::new("recipient", "it may be shown somewhere else only"));
    }
    let end =
        one.not_on_or_after.ok_or(Refused::new("confirmation-time", "it does not say until when it may be shown"))?;
    // A bearer's has no beginning (§4.1.4.2).
    if one.not_before.is_some() || past(end, expected) {
        return Err(Refused::new("confirmation-time", "it may not be shown now; compare the clocks"));
    }
    answers(one.in_response_to.as_deref(), expected.answers, true)
}

/// `needed`: where it has to be said, if there was a request.
fn answers(said: Option<&str>, expected: Answers<'_>, needed: bool) -> Result<(), Refused> {
    match (expected, said) {
        (Answers::Request(request), Some(said)) if said == request => Ok(()),
        (Answers::Request(_), None) if !needed => Ok(()),
        (Answers::Nothing, None) | (Answers::Another, _) => Ok(()),
        (Answers::Request(_), _) => Err(Refused::new("in-response-to", "it answers another login than this one")),
        (Answers::Nothing, Some(_)) => {
            Err(Refused::new("in-response-to", "it answers a login that did not begin here, or has been answered"))
        }
    }
}

fn recent(issued: Timestamp, expected: &Expected<'_>) -> Result<(), Refused> {
    let age = expected.now.0.saturating_sub(issued.0);
    let good = age >= -expected.skew && age <= expected.max_age.saturating_add(expected.skew);
    if good { Ok(()) } else { Err(Refused::new("issue-instant", "it was made too long ago, or is from the future")) }
}

/// Whether this moment is reached.
fn past(end: Timestamp, expected: &Expected<'_>) -> bool {
    end.0.saturating_add(expected.skew) <= expected.now.0
}

fn wrong_issuer() -> Refused {
    Refused::new("issuer", "another identity provider made it")
}

#[cfg(test)]
mod tests {
    use super::super::assertion::NameId;
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const IDP: &str = "https://sso.example.org/idp";
    const SP: &str = "https://rosterd.example.org/sp";
    const ACS: &str = "https://rosterd.example.org/login/sso/callback";
    const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

    fn at(seconds: i64) -> Timestamp {
        Timestamp(NOW + seconds * 1000)
    }

    fn expected() -> Expected<'static> {
        Expected {
            issuer: IDP,
            audiences: vec![SP],
            recipients: vec![ACS],
            answers: Answers::Request("_request"),
            now: at(0),
            skew: 60_000,
            max_age: 300_000,
            format: Some(PERSISTENT),
            transient: false,
        }
    }

    fn statement() -> Statement {
        Statement {
            id: "_assertion".to_owned(),
            issued_at: at(-5),
            issuer: IDP.to_owned(),
            name: NameId {
                value: "ana".to_owned(),
                format: Some(PERSISTENT.to_owned()),
                qualifier: Some(IDP.to_owned()),
                sp_qualifier: Some(SP.to_owned()),
            },
            confirmations: vec![Confirmation {
                recipient: Some(ACS.to_owned()),
                in_response_to: Some("_request".to_owned()),
                not_before: None,
                not_on_or_after: Some(at(300)),
            }],
            not_before: Some(at(-30)),
            not_on_or_after: Some(at(300)),
            audiences: vec![vec!["https://other.example.org".to_owned(), SP.to_owned()]],
            authenticated: true,
            session: None,
            session_ends: Some(at(3600)),
            attributes: Vec::new(),
        }
    }

    /// The word by which it is refused, after this has been changed in it.
    fn code(change: impl Fn(&mut Statement)) -> Option<&'static str> {
        let mut statement = statement();
        change(&mut statement);
        assertion(&statement, &expected()).err().map(|refused| refused.code)
    }

    fn confirmation(statement: &mut Statement, change: impl Fn(&mut Confirmation)) {
        statement.confirmations.iter_mut().for_each(change);
    }

    #[test]
    fn what_is_for_us_and_now_is_taken() {
        assert_eq!(code(|_| {}), None);
        assert_eq!(code(|one| one.session_ends = None), None);
        assert_eq!(code(|one| one.not_before = None), None);
        assert_eq!(code(|one| (one.name.qualifier, one.name.sp_qualifier) = (None, None)), None);
        // One confirmation that is right is enough.
        let wrong = Confirmation { recipient: None, in_response_to: None, not_before: None, not_on_or_after: None };
        assert_eq!(code(|one| one.confirmations.insert(0, wrong.clone())), None);
    }

    #[test]
    fn s36_to_s44_what_is_not_is_refused() {
        let other = || Some("https://evil.example".to_owned());
        for (word, refused) in [
            ("issuer", code(|one| one.issuer.push('/'))),
            ("audience", code(|one| one.audiences.clear())),
            ("audience", code(|one| one.audiences.push(vec!["https://other.example.org".to_owned()]))),
            ("audience", code(|one| one.audiences = vec![vec![SP[..SP.len() - 1].to_owned()]])),
            ("recipient", code(|one| confirmation(one, |c| c.recipient = other()))),
            ("recipient", code(|one| confirmation(one, |c| c.recipient = None))),
            ("in-response-to", code(|one| confirmation(one, |c| c.in_response_to = Some("_other".to_owned())))),
            ("in-response-to", code(|one| confirmation(one, |c| c.in_response_to = None))),
            ("confirmation-time", code(|one| confirmation(one, |c| c.not_on_or_after = None))),
            ("confirmation-time", code(|one| confirmation(one, |c| c.not_before = Some(at(-60))))),
            ("confirmation", code(|one| one.confirmations.clear())),
            ("conditions-time", code(|one| one.not_on_or_after = None)),
            ("conditions-time", code(|one| one.not_on_or_after = Some(at(86_400)))),
            ("session-over", code(|one| one.session_ends = Some(at(-60)))),
            ("authentication", code(|one| one.authenticated = false)),
            ("name-id-format", code(|one| one.name.format = None)),
            ("name-id-format", code(|one| one.name.format = Some(TRANSIENT.to_owned()))),
            ("name-id-qualifier", code(|one| one.name.sp_qualifier = other())),
            ("name-id-qualifier", code(|one| one.name.qualifier = other())),
        ] {
            assert_eq!(refused, Some(word));
        }
    }

    #[test]
    fn s37_s44_times_count_to_the_second_with_the_skew() {
        assert_eq!(code(|one| one.not_before = Some(at(60))), None);
        assert_eq!(code(|one| one.not_before = Some(at(61))), Some("not-yet"));
        let over = |seconds: i64| {
            code(|one| {
                one.not_on_or_after = Some(at(seconds));
                one.not_before = Some(at(-300));
            })
        };
        assert_eq!((over(-59), over(-60)), (None, Some("expired")));
        assert_eq!(code(|one| one.issued_at = at(60)), None);
        assert_eq!(code(|one| one.issued_at = at(61)), Some("issue-instant"));
        assert_eq!(code(|one| one.issued_at = at(-360)), None);
        assert_eq!(code(|one| one.issued_at = at(-361)), Some("issue-instant"));
    }

    #[test]
    fn s40_what_nobody_asked_for_answers_nothing() {
        let unasked = Expected { answers: Answers::Nothing, ..expected() };
        let mut statement = statement();
        assert_eq!(assertion(&statement, &unasked).map_err(|refused| refused.code), Err("in-response-to"));
        confirmation(&mut statement, |c| c.in_response_to = None);
        assert_eq!(assertion(&statement, &unasked), Ok(()));
        // What an application was sent, it has asked for itself.
        let handed_on = Expected { answers: Answers::Another, ..expected() };
        assert_eq!(assertion(&self::statement(), &handed_on), Ok(()));
    }
}
