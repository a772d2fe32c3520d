//! S36, S38-S40, S42 and S43: a genuine login that was meant for somebody else, somewhere else, or not at all.

use super::{Hostile, Stage};
use crate::saml::forge::message::{
    alice, alice_by_response, assertion, changed, changed_response, response, unsigned_response,
};
use crate::saml::forge::names::{BEARER, REQUESTER, SUCCESS};
use crate::saml::forge::sign::{bare, signed};
use crate::saml::forge::{ACS, Given, IDP, SP, Site, at, edit};

const FOR_US: &str = "it was made for another service provider (SAML core §2.5.1.4)";
const BY_US: &str = "whoever has it need not be whom it is about (SAML profiles §4.1.4.2)";
const HERE: &str = "it was sent to somewhere else (SAML core §3.2.2)";
const ASKED: &str = "nobody has asked for it here (SAML profiles §4.1.4.3)";
const FROM: &str = "somebody else has said it";
const FAILED: &str = "it says that nobody has logged in";

pub(super) fn all() -> Vec<Hostile> {
    [audiences(), confirmations(), destinations(), requests(), issuers(), statuses()].into_iter().flatten().collect()
}

/// A change of what is signed.
fn said(
    id: &'static str,
    name: &str,
    why: &'static str,
    change: impl Fn(&Given) -> (String, String) + Send + Sync + 'static,
) -> Hostile {
    Hostile::new(id, Stage::Profile, name, why, move |given| {
        let (from, to) = change(given);
        changed(given, &from, &to)
    })
}

fn audiences() -> Vec<Hostile> {
    let audience = |name: &str, to: fn(&str) -> String| {
        said("S36", name, FOR_US, move |_| {
            (format!("<saml:Audience>{SP}</saml:Audience>"), to(&format!("<saml:Audience>{SP}</saml:Audience>")))
        })
    };
    vec![
        audience("another audience", |_| "<saml:Audience>https://other.example</saml:Audience>".to_owned()),
        audience("an audience with a slash more", |ours| ours.replace("</", "/</")),
        audience("an audience that ours begins with", |_| {
            "<saml:Audience>https://rosterd.example</saml:Audience>".to_owned()
        }),
        audience("an audience that begins with ours", |ours| ours.replace("</", ".evil</")),
        audience("an audience in capitals", |ours| ours.replace("https://rosterd", "HTTPS://ROSTERD")),
        audience("an empty audience", |_| "<saml:Audience></saml:Audience>".to_owned()),
        audience("no audience", |_| String::new()),
        audience("our audience in an element of another name", |ours| ours.replace("saml:Audience", "saml:Audiences")),
        said("S36", "no restriction", FOR_US, |_| (restriction(SP), String::new())),
        said("S36", "two restrictions, of which one is another's", FOR_US, |_| {
            (restriction(SP), format!("{}{}", restriction(SP), restriction("https://other.example")))
        }),
        said("S36", "a condition that nobody knows", "what is not understood is not met (SAML core §2.5.1)", |_| {
            let condition = "<x:OnlyOnMondays xmlns:x=\"urn:works\"></x:OnlyOnMondays>";
            (restriction(SP), format!("{}{condition}", restriction(SP)))
        }),
    ]
}

fn restriction(audience: &str) -> String {
    format!("<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>")
}

fn confirmations() -> Vec<Hostile> {
    let recipient = |name: &str, to: &'static str| {
        said("S38", name, BY_US, move |_| (format!(" Recipient=\"{ACS}\""), to.to_owned()))
    };
    vec![
        recipient("another recipient", " Recipient=\"https://other.example/acs\""),
        recipient("no recipient", ""),
        recipient("a recipient that ours begins with", " Recipient=\"https://rosterd.example/login/sso\""),
        recipient(
            "a recipient that begins with ours",
            " Recipient=\"https://rosterd.example/login/sso/callback/../x\"",
        ),
        recipient("our recipient on another port", " Recipient=\"https://rosterd.example:8443/login/sso/callback\""),
        said("S38", "no confirmation", BY_US, |given| (confirmation_in(given), String::new())),
        said("S38", "a confirmation without data", BY_US, |given| {
            let text = assertion(given);
            let from = text.find("<saml:SubjectConfirmationData ").unwrap();
            let to = text.find("</saml:SubjectConfirmation>").unwrap();
            (text[from..to].to_owned(), String::new())
        }),
        said("S38", "by whoever holds a key", BY_US, |_| {
            (BEARER.to_owned(), "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key".to_owned())
        }),
        said("S38", "by whoever vouches for them", BY_US, |_| {
            (BEARER.to_owned(), "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches".to_owned())
        }),
        said("S38", "without an end", BY_US, |_| {
            (format!(" NotOnOrAfter=\"{}\" Recipient", at(295)), " Recipient".to_owned())
        }),
        said("S38", "with a beginning, which bearers do not have", BY_US, |_| {
            let end = format!(" NotOnOrAfter=\"{}\" Recipient", at(295));
            (end.clone(), format!(" NotBefore=\"{}\"{end}", at(120)))
        }),
        said("S38", "ended 61 s ago", BY_US, |_| {
            (format!(" NotOnOrAfter=\"{}\" Recipient", at(295)), format!(" NotOnOrAfter=\"{}\" Recipient", at(-61)))
        }),
        said("S38", "one half of two confirmations is right each", BY_US, |given| {
            let ours = confirmation_in(given);
            let first = edit(&ours, ACS, "https://other.example/acs");
            let second = edit(&ours, &at(295), &at(-61));
            (ours, format!("{first}{second}"))
        }),
        said("S38", "no subject", BY_US, |given| {
            let text = assertion(given);
            let from = text.find("<saml:Subject>").unwrap();
            let to = text.find("<saml:Conditions").unwrap();
            (text[from..to].to_owned(), String::new())
        }),
    ]
}

/// The assertion's confirmation.
fn confirmation_in(given: &Given) -> String {
    let text = assertion(given);
    let from = text.find("<saml:SubjectConfirmation ").unwrap();
    let to = text.find("</saml:Subject>").unwrap();
    text[from..to].to_owned()
}

fn destinations() -> Vec<Hostile> {
    let to = |name: &str, to: &'static str| {
        Hostile::new("S39", Stage::Profile, name, HERE, move |given| {
            let text = response(&bare(&assertion(given)), given);
            signed(&edit(&text, &format!(" Destination=\"{ACS}\""), to))
        })
    };
    vec![
        to("another destination", " Destination=\"https://other.example/acs\""),
        to("no destination of a signed response", ""),
        to("an empty destination", " Destination=\"\""),
        to("a destination that ours begins with", " Destination=\"https://rosterd.example/\""),
        to("a destination that begins with ours", " Destination=\"https://rosterd.example/login/sso/callback?x=1\""),
        Hostile::new("S39", Stage::Profile, "another destination of a response that is not signed", HERE, |given| {
            edit(&alice(given), &format!("Destination=\"{ACS}\""), "Destination=\"https://other.example/acs\"")
        }),
    ]
}

fn requests() -> Vec<Hostile> {
    let everywhere = |name: &str, to: fn(&Given) -> String| {
        Hostile::new("S40", Stage::Profile, name, ASKED, move |given| {
            let asked = format!(" InResponseTo=\"{}\"", given.request);
            signed(&response(&signed(&assertion(given).replace(&asked, &to(given))), given).replace(&asked, &to(given)))
        })
    };
    vec![
        everywhere("the answer to another request", |_| " InResponseTo=\"_another\"".to_owned()),
        everywhere("the answer to no request", |_| String::new()),
        everywhere("the answer to an empty request", |_| " InResponseTo=\"\"".to_owned()),
        everywhere("the answer to ours, in capitals", |given| {
            format!(" InResponseTo=\"{}X\"", given.request.to_uppercase())
        }),
        Hostile::new("S40", Stage::Profile, "an assertion for another request in a response to ours", ASKED, |given| {
            changed(given, &format!("InResponseTo=\"{}\"", given.request), "InResponseTo=\"_another\"")
        }),
        Hostile::new("S40", Stage::Profile, "an assertion for ours in a signed response to another", ASKED, |given| {
            changed_response(given, &format!("InResponseTo=\"{}\"", given.request), "InResponseTo=\"_another\"")
        }),
        Hostile::new("S40", Stage::Profile, "an assertion for nobody in a response to ours", ASKED, |given| {
            changed(given, &format!(" InResponseTo=\"{}\"", given.request), "")
        }),
        Hostile::new("S40", Stage::Profile, "an assertion for ours in a response to nobody", ASKED, |given| {
            edit(&alice(given), &format!(" InResponseTo=\"{}\"", given.request), "")
        })
        // What is signed says it.
        .or("alice"),
        Hostile::new("S40", Stage::Profile, "nobody has asked", ASKED, |given| {
            let asked = format!(" InResponseTo=\"{}\"", given.request);
            unsigned_response(&signed(&assertion(given).replace(&asked, "")), given).replace(&asked, "")
        })
        .at(Site::unasked("")),
        Hostile::new("S40", Stage::Profile, "nobody has asked, and it is an answer", ASKED, alice)
            .at(Site::unasked("idp_initiated = true")),
    ]
}

fn issuers() -> Vec<Hostile> {
    let of = |name: &str, to: &'static str| {
        said("S42", name, FROM, move |_| (format!("<saml:Issuer>{IDP}</saml:Issuer>"), to.to_owned()))
    };
    vec![
        of("another issuer of the assertion", "<saml:Issuer>https://other.example/saml</saml:Issuer>"),
        of("an issuer with blanks", "<saml:Issuer> https://idp.example/saml </saml:Issuer>"),
        of("an issuer with a slash more", "<saml:Issuer>https://idp.example/saml/</saml:Issuer>"),
        of("an issuer in capitals", "<saml:Issuer>https://IDP.example/saml</saml:Issuer>"),
        of("an empty issuer", "<saml:Issuer></saml:Issuer>"),
        of("no issuer", ""),
        of(
            "two issuers",
            "<saml:Issuer>https://idp.example/saml</saml:Issuer><saml:Issuer>https://other.example/saml</saml:Issuer>",
        ),
        of(
            "an issuer that is an address",
            "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">https://idp.example/saml</saml:Issuer>",
        ),
        Hostile::new("S42", Stage::Profile, "another issuer of the signed response", FROM, |given| {
            changed_response(given, IDP, "https://other.example/saml")
        }),
        Hostile::new("S42", Stage::Profile, "another issuer of the response that is not signed", FROM, |given| {
            edit(&alice(given), IDP, "https://other.example/saml")
        }),
    ]
}

fn statuses() -> Vec<Hostile> {
    let status = |name: &str, to: fn(&str) -> String| {
        Hostile::new("S43", Stage::Profile, name, FAILED, move |given| {
            let success = format!("<samlp:StatusCode Value=\"{SUCCESS}\"></samlp:StatusCode>");
            changed_response(given, &success, &to(&success))
        })
    };
    vec![
        status("the requester is at fault", |success| success.replace(SUCCESS, REQUESTER)),
        status("success below a failure", |success| {
            format!("<samlp:StatusCode Value=\"{REQUESTER}\">{success}</samlp:StatusCode>")
        }),
        status("success, then a failure", |success| format!("{success}{}", success.replace(SUCCESS, REQUESTER))),
        status("no code", |_| String::new()),
        status("success with a blank", |success| success.replace(":Success", ":Success ")),
        status("success in small letters", |success| success.replace(":Success", ":success")),
        Hostile::new("S43", Stage::Profile, "no status", FAILED, |given| {
            let text = alice_by_response(given);
            let from = text.find("<samlp:Status>").unwrap();
            let to = text.find("</samlp:Status>").unwrap() + "</samlp:Status>".len();
            let status = text[from..to].to_owned();
            signed(&edit(&response(&signed(&assertion(given)), given), &status, ""))
        }),
        Hostile::new("S43", Stage::Profile, "two statuses", FAILED, |given| {
            let failed =
                format!("<samlp:Status><samlp:StatusCode Value=\"{REQUESTER}\"></samlp:StatusCode></samlp:Status>");
            changed_response(given, "</samlp:Status>", &format!("</samlp:Status>{failed}"))
        }),
        Hostile::new("S43", Stage::Profile, "a failure that is not signed, with a signed assertion", FAILED, |given| {
            edit(&unsigned_response(&signed(&assertion(given)), given), SUCCESS, REQUESTER)
        }),
    ]
}
