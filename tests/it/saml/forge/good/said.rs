//! What identity providers say, and leave out.

use super::{Good, Says};
use crate::saml::forge::message::{ASSERTION_ID, SESSION, assertion, attribute, changed, response, unsigned_response};
use crate::saml::forge::names::{BEARER, EMAIL, PASSWORD, PERSISTENT, TRANSIENT};
use crate::saml::forge::sign::signed;
use crate::saml::forge::{ACS, Given, IDP, NOW, SP, Site, at, edit};

pub(super) fn all() -> Vec<Good> {
    [groups(), people(), left_out(), times(), more()].into_iter().flatten().collect()
}

/// The assertion on alice with this changed, signed, in a response.
fn says(name: &str, from: &'static str, to: &'static str) -> Good {
    Good::new(name, move |given| changed(given, from, to))
}

fn with_groups(name: &str, attribute: impl Fn() -> String + Send + Sync + 'static) -> Good {
    Good::new(name, move |given| changed(given, &self::attribute("groups", &["devs", "staff"]), &attribute()))
}

fn groups() -> Vec<Good> {
    let dns = ["cn=devs,ou=groups,dc=works,dc=example", "CN=R\\, D,OU=Groups,DC=works,DC=example"];
    let urls = ["https://works.example/groups?id=1", "urn:works:group:staff"];
    let many: Vec<String> = (0..1500).map(|number| format!("group-{number}")).collect();
    let many_again = many.clone();
    vec![
        with_groups("groups by their DNs", move || attribute("groups", &dns)).says(Says::groups(&dns)),
        with_groups("groups by URLs", move || attribute("groups", &urls)).says(Says::groups(&urls)),
        with_groups("groups under a friendly name", || {
            attribute("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", &["devs", "staff"]).replacen(
                "<saml:Attribute ",
                "<saml:Attribute FriendlyName=\"groups\" ",
                1,
            )
        }),
        with_groups("1,500 groups", move || attribute("groups", &many.iter().map(String::as_str).collect::<Vec<_>>()))
            .says(Says { groups: Some(many_again), ..Says::default() }),
        with_groups("s50 an attribute without a value: no groups", || attribute("groups", &[])).says(Says::groups(&[])),
        with_groups("s50 no attribute: nothing is said of groups", String::new)
            .says(Says { groups: None, ..Says::default() }),
        with_groups("s50 the groups are elsewhere: nothing is said of them", || {
            let link = "https://graph.example/users/alice/memberOf";
            attribute("http://schemas.microsoft.com/claims/groups.link", &[link])
        })
        .says(Says { groups: None, ..Says::default() }),
        with_groups("s49 an element for each group", || {
            format!("{}{}", attribute("groups", &["devs"]), attribute("groups", &["staff"]))
        }),
        with_groups("groups in a statement of their own", || {
            let groups = attribute("groups", &["devs", "staff"]);
            format!("</saml:AttributeStatement><saml:AttributeStatement>{groups}")
        }),
        with_groups("attributes with the format of their names", || {
            let format = "NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\"";
            attribute("groups", &["devs", "staff"]).replacen("\"groups\"", &format!("\"groups\" {format}"), 1)
        }),
    ]
}

fn people() -> Vec<Good> {
    vec![
        says(
            "a subject with blanks inside and letters of all kinds",
            ">alice</saml:NameID>",
            ">Älice  Ω 部</saml:NameID>",
        )
        .says(Says { subject: "Älice  Ω 部".to_owned(), ..Says::default() }),
        Good::new("a subject qualified by both sides", |given| {
            let to = format!("Format=\"{PERSISTENT}\" NameQualifier=\"{IDP}\" SPNameQualifier=\"{SP}\"");
            changed(given, &format!("Format=\"{PERSISTENT}\""), &to)
        }),
        Good::new("the subject is an attribute, the NameID is another each time", |given| {
            changed(given, &format!("Format=\"{PERSISTENT}\">alice<"), &format!("Format=\"{TRANSIENT}\">_0f3a<"))
        })
        .at(Site::with("subject = \"uid\"\nname_id_format = \"transient\"")),
        Good::new("an address as subject, where that is asked for", |given| {
            changed(given, &format!("Format=\"{PERSISTENT}\">alice<"), &format!("Format=\"{EMAIL}\">a@works.example<"))
        })
        .at(Site::with("subject = \"mail\"\nname_id_format = \"email\""))
        .says(Says { subject: "alice@works.example".to_owned(), ..Says::default() }),
        Good::new("no address and no name", |given| {
            let text = edit(&assertion(given), &attribute("mail", &["alice@works.example"]), "");
            let text = edit(&text, &attribute("displayName", &["alice of the works"]), "");
            unsigned_response(&signed(&text), given)
        })
        .says(Says { name: None, email: None, ..Says::default() }),
    ]
}

fn left_out() -> Vec<Good> {
    vec![
        Good::new("no end of the session", |given| {
            changed(given, &format!(" SessionNotOnOrAfter=\"{}\"", at(SESSION)), "")
        })
        .says(Says { until: None, ..Says::default() }),
        says("no id of the session", " SessionIndex=\"_session\"", ""),
        Good::new("no Destination of a response that is not signed", |given| {
            edit(&unsigned_response(&signed(&assertion(given)), given), &format!(" Destination=\"{ACS}\""), "")
        }),
        Good::new("no Issuer of a response that is not signed", |given| {
            let issuer =
                format!("<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{IDP}</saml:Issuer>");
            edit(&unsigned_response(&signed(&assertion(given)), given), &issuer, "")
        }),
        Good::new("no beginning of the conditions", |given| changed(given, &format!(" NotBefore=\"{}\"", at(-35)), "")),
        Good::new("s40 nobody has asked, where that is allowed", |given| {
            let asked = format!(" InResponseTo=\"{}\"", given.request);
            let text = edit(&assertion(given), &asked, "");
            edit(&unsigned_response(&signed(&text), given), &asked, "")
        })
        .at(Site::unasked("idp_initiated = true")),
    ]
}

/// A minute is allowed between the clocks.
fn times() -> Vec<Good> {
    let skewed = |name: &str, attribute: &'static str, was: i64, is: i64| {
        Good::new(name, move |given: &Given| {
            let (from, to) = (format!(" {attribute}=\"{}\"", at(was)), format!(" {attribute}=\"{}\"", at(is)));
            unsigned_response(&signed(&assertion(given).replace(&from, &to)), given)
        })
    };
    vec![
        skewed("s37 conditions that begin in 59 s", "NotBefore", -35, 59),
        Good::new("s37 conditions and confirmation that ended 59 s ago", |given| {
            let text = edit(&assertion(given), &at(-35), &at(-200));
            unsigned_response(&signed(&text.replace(&at(295), &at(-59))), given)
        }),
        skewed("s44 issued in 59 s", "IssueInstant", -5, 59),
        skewed("s44 issued 5 min 59 s ago", "IssueInstant", -5, -359),
        skewed("logged in an hour ago", "AuthnInstant", -5, -3600),
        skewed("a session that ends in a minute", "SessionNotOnOrAfter", SESSION, 60)
            .says(Says { until: Some(NOW + 60_000), ..Says::default() }),
        Good::new("times with fractions", |given| {
            unsigned_response(&signed(&assertion(given).replace("Z\"", ".123Z\"")), given)
        })
        .says(Says { until: Some(NOW + SESSION * 1000 + 123), ..Says::default() }),
    ]
}

fn more() -> Vec<Good> {
    let audience = format!("<saml:Audience>{SP}</saml:Audience>");
    let several = format!("<saml:Audience>https://other.example</saml:Audience>{audience}");
    let restriction = "</saml:AudienceRestriction>";
    let again = format!("{restriction}<saml:AudienceRestriction>{audience}{restriction}");
    vec![
        Good::new("s36 several audiences, of which we are one", {
            move |given| changed(given, &audience, &several)
        }),
        Good::new("s36 two restrictions, both to us", move |given| changed(given, restriction, &again)),
        says("used once", "</saml:AudienceRestriction>", "</saml:AudienceRestriction><saml:OneTimeUse></saml:OneTimeUse>"),
        says(
            "not to be handed on",
            "</saml:AudienceRestriction>",
            "</saml:AudienceRestriction><saml:ProxyRestriction Count=\"0\"></saml:ProxyRestriction>",
        ),
        says(
            "who else has taken part",
            "</saml:AuthnContextClassRef>",
            "</saml:AuthnContextClassRef><saml:AuthenticatingAuthority>https://up.example</saml:AuthenticatingAuthority>",
        ),
        Good::new("two logins, the sooner end counts", |given| {
            let (now, sooner) = (at(-5), at(3600));
            let statement = format!(
                "<saml:AuthnStatement AuthnInstant=\"{now}\" SessionNotOnOrAfter=\"{sooner}\"><saml:AuthnContext>\
                 <saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
            );
            changed(given, "</saml:AuthnStatement>", &format!("</saml:AuthnStatement>{statement}"))
        })
        .says(Says { until: Some(NOW + 3_600_000), ..Says::default() }),
        Good::new("s38 several confirmations, of which one is ours", |given| {
            let (to, request) = (at(295), &given.request);
            let other = |method: &str, recipient: &str| {
                format!(
                    "<saml:SubjectConfirmation Method=\"{method}\"><saml:SubjectConfirmationData InResponseTo=\"{request}\" \
                     NotOnOrAfter=\"{to}\" Recipient=\"{recipient}\"></saml:SubjectConfirmationData></saml:SubjectConfirmation>"
                )
            };
            let others = [
                other("urn:oasis:names:tc:SAML:2.0:cm:sender-vouches", ACS),
                other(BEARER, "https://other.example/acs"),
            ];
            let ours = format!("<saml:SubjectConfirmation Method=\"{BEARER}\">");
            changed(given, &ours, &format!("{}{ours}", others.concat()))
        }),
        says("s38 the browser's address", "Data InResponseTo=", "Data Address=\"192.0.2.7\" InResponseTo="),
        Good::new("a consent and a word on the status", |given| {
            let text = edit(&response(&signed(&assertion(given)), given), "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ", "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\" ");
            signed(&edit(&text, "</samlp:StatusCode>", "</samlp:StatusCode><samlp:StatusMessage>all is well</samlp:StatusMessage>"))
        }),
        Good::new("ids of other letters", |given| {
            let text = assertion(given).replace(ASSERTION_ID, "id-.0_X");
            unsigned_response(&signed(&text), given)
        }),
    ]
}
