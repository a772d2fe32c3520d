//! What a vendor may answer instead of a whole list. None of it is ever a complete reading.

use super::fake::{ALL, Fake, Make, Part};
use super::{Reader, memberships, small};
use crate::world::scripted_http::{Asked, Reply, ScriptedHttp};
use rosterd_core::snapshot::Reading;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

const KIND: &str = "application/json";

/// At most two entries a page, so that each list of seven people has four.
const CAP: usize = 2;

fn tampered(make: Make, tamper: impl Fn(Part, bool, &Asked, Reply) -> Reply + Send + Sync + 'static) -> Fake {
    Fake::tampered(make, small(), CAP, move |asked, reply| {
        let (part, first) = make.part(asked);
        tamper(part, first, asked, reply)
    })
}

/// Why it is not complete: gaps' codes, or the kind of an error, and what is said of it.
#[track_caller]
fn why(fake: &Fake) -> (Vec<String>, String) {
    match Reader::of(fake).read() {
        Ok(Reading::Unknown(partial)) => {
            let reading = Reading::Unknown(partial);
            let gaps = reading.gaps().iter().filter(|gap| gap.code != "unfinished");
            let said = reading.gaps().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            (gaps.map(|gap| gap.code.to_owned()).collect(), said)
        }
        Ok(other) => panic!("{:?}: complete: {:?}", fake.make, memberships(&other)),
        Err(error) => (vec![format!("error {}", error.kind.code())], error.message),
    }
}

/// The list that is read first.
fn first_list(make: Make) -> Part {
    if make == Make::GitLab { Part::Groups } else { Part::People }
}

#[test]
fn a_vendor_without_a_fault_is_read_whole() {
    for make in ALL {
        let fake = tampered(make, |_, _, _, reply| reply);
        let reading = Reader::of(&fake).read().unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{make:?}: {:?}", reading.gaps());
        let s = reading.snapshot();
        let said = memberships(&reading);
        assert_eq!(s.people.len(), 7, "{make:?}");
        for line in ["u00000 in everybody", "u00006 in everybody", "u00001 in few", "u00002 in few", "u00003 in one"] {
            assert!(said.contains(&line.to_owned()), "{make:?}: {said:?}");
        }
        let ours = said.iter().filter(|line| [" everybody", " few", " one"].iter().any(|name| line.ends_with(name)));
        // In GitLab the group above is in these.
        let above = said.iter().filter(|line| line.starts_with("acme within")).count();
        assert_eq!(ours.count(), 7 + 2 + 1 + above, "{make:?}: {said:?}");
        assert!(Reader::of(&fake).check().iter().all(Result::is_ok), "{make:?}: {:?}", Reader::of(&fake).check());
    }
}

#[test]
fn l09_what_is_no_page_of_the_list() {
    for make in ALL {
        let list = first_list(make);
        for (body, kind, code) in [
            ("", KIND, "not_json"),
            ("", "text/html", "not_json"),
            ("<html><body>Sign in</body></html>", "text/html", "not_json"),
            ("<html><body>Sign in</body></html>", KIND, "not_json"),
            ("{\"message\":\"maintenance\"}", KIND, "not_a_list"),
            ("null", KIND, "not_a_list"),
            ("\"x\"", KIND, "not_a_list"),
        ] {
            // Of the pages behind the first, so that something was read.
            for of in [list, Part::Members] {
                let fake = tampered(make, move |part, first, _, reply| {
                    if part == of && !first {
                        Reply { body: body.into(), headers: vec![("content-type", kind.to_owned())], ..reply }
                    } else {
                        reply
                    }
                });
                let (codes, said) = why(&fake);
                // Okta sees first that the header is missing that each page has.
                let okta = matches!(make, Make::Okta | Make::OktaSigned) && code == "not_a_list";
                let code = if okta { "bad_link" } else { code };
                let nothing = of == list;
                assert!(
                    codes == [code] || (nothing && codes == ["error protocol"]),
                    "{make:?} {body}: {codes:?} {said}"
                );
            }
        }
        let half = tampered(make, move |part, first, _, mut reply| {
            if part == list && !first {
                reply.body.truncate(reply.body.len() / 2);
            }
            reply
        });
        let (codes, said) = why(&half);
        assert!(codes == ["not_json"] || codes == ["error protocol"], "{make:?}: {codes:?}");
        assert!(said.contains("not JSON"), "{make:?}: {said}");
    }
}

#[test]
fn l09_a_connection_that_is_cut_is_unknown() {
    for make in ALL {
        let cut = tampered(make, move |part, first, _, mut reply| {
            reply.cut = (part == Part::Members && !first).then_some(reply.body.len() / 2);
            reply
        });
        assert_eq!(why(&cut).0, ["unreachable"], "{make:?}");
    }
}

/// The second page is the first once more.
#[test]
fn l10_a_page_that_comes_twice() {
    for make in ALL {
        let list = first_list(make);
        let first_page = std::sync::Mutex::new(None::<Reply>);
        let fake = tampered(make, move |part, first, _, reply| {
            if part != list {
                return reply;
            }
            let mut kept = first_page.lock().unwrap();
            if first {
                *kept = Some(reply);
            }
            kept.clone().unwrap()
        });
        let (codes, said) = why(&fake);
        let known = ["repeated", "shifted", "loop", "error protocol"];
        assert!(codes.iter().all(|code| known.contains(&code.as_str())), "{make:?}: {codes:?} {said}");
    }
}

/// O16: whoever can name the next page is not shown the token elsewhere.
#[test]
fn o16_a_next_page_elsewhere_is_not_asked() {
    for make in [Make::Graph, Make::Okta, Make::OktaSigned, Make::GitHub, Make::GitLab] {
        let thief = ScriptedHttp::start(|_| Reply::new(200, KIND, "[]"));
        let port = thief.url().rsplit(':').next().unwrap().to_owned();
        let list = first_list(make);
        let fake = tampered(make, move |part, first, asked, mut reply| {
            if part == list && first {
                let own = asked.header("host").unwrap();
                let other = format!("127.0.0.1:{port}");
                reply.body = String::from_utf8(reply.body).unwrap().replace(own, &other).into();
                for (name, value) in &mut reply.headers {
                    if *name == "link" && value.contains("next") {
                        *value = value.replace(own, &other);
                    }
                }
            }
            reply
        });
        let (codes, said) = why(&fake);
        assert!(codes == ["foreign_link"] || codes == ["error protocol"], "{make:?}: {codes:?}");
        assert!(said.contains("the token is not shown"), "{make:?}: {said}");
        assert!(thief.asked().is_empty(), "{make:?}");
    }
}

/// Somebody is missing in the first or in the second reading of a list: who the other one has is not gone.
#[test]
fn l10_who_is_passed_over_while_pages_are_read_is_not_gone() {
    for (make, n) in ALL.into_iter().flat_map(|make| [(make, 1), (make, 4)]) {
        let times = AtomicUsize::new(0);
        let fake = tampered(make, move |part, first, asked, mut reply| {
            let large = ["0000000/", "1000/", "everybody"].iter().any(|name| asked.target.contains(name));
            // The group of everybody has three pages behind the first.
            if part == Part::Members && large && !first && times.fetch_add(1, Ordering::Relaxed) == n {
                let mut body: Value = serde_json::from_slice(&reply.body).unwrap();
                let list = ["/value", "/members", ""].iter().find(|at| body.pointer(at).is_some_and(Value::is_array));
                body.pointer_mut(list.unwrap()).unwrap().as_array_mut().unwrap().remove(0);
                reply.body = body.to_string().into();
            }
            reply
        });
        let reading = Reader::of(&fake).read().unwrap();
        assert!(matches!(reading, Reading::Complete(_)), "{make:?} {n}: {:?}", reading.gaps());
        let said = memberships(&reading);
        let all = (0..7).filter(|n| said.contains(&format!("u{n:05} in everybody"))).count();
        // Google names everybody as one, so that the list has one page.
        assert_eq!(all, 7, "{make:?} {n}: {said:?}");
    }
}

#[test]
fn l09_members_of_which_a_page_is_not_there() {
    for make in ALL {
        let fake = tampered(
            make,
            |part, first, _, reply| {
                if part == Part::Members && !first { Reply::new(404, KIND, "{}") } else { reply }
            },
        );
        assert_eq!(why(&fake).0, ["gone"], "{make:?}");
    }
}

/// The others are read, so that whoever joins them gains.
#[test]
fn l05_one_group_that_may_not_be_read() {
    for make in ALL {
        let fake = tampered(make, |part, _, asked, reply| {
            let one = ["-000000000002/", "/one/", "/1002/"].iter().any(|name| asked.target.contains(name));
            if part == Part::Members && one { Reply::new(403, KIND, "{}") } else { reply }
        });
        let (codes, said) = why(&fake);
        assert_eq!(codes, ["forbidden"], "{make:?}");
        assert!(said.contains("allow it, or leave the group out"), "{make:?}: {said}");
        let reading = Reader::of(&fake).read().unwrap();
        let said = memberships(&reading);
        assert!(said.contains(&"u00001 in few".to_owned()), "{make:?}: {said:?}");
        assert!(!said.contains(&"u00003 in one".to_owned()), "{make:?}: {said:?}");
    }
}

#[test]
fn l05_trouble_in_the_middle_of_a_list() {
    for make in ALL {
        for (status, code) in [(500, "server_error"), (400, "bad_request"), (302, "redirect")] {
            let fake = tampered(make, move |part, first, _, reply| {
                if part == Part::Members && !first { Reply::new(status, KIND, "{\"secret\":1}") } else { reply }
            });
            let (codes, said) = why(&fake);
            assert_eq!(codes, [code], "{make:?}");
            assert!(!said.contains("secret"), "{make:?}: {said}");
        }
    }
}

/// To whoever may not see more a vendor shows nobody, no groups, or groups without members.
#[test]
fn n1_nothing_at_all_is_not_believed() {
    for make in ALL {
        let mut company = small();
        company.groups.iter_mut().for_each(|group| group.people.clear());
        let expected: &[&str] = match make {
            // A device, somebody of elsewhere, whoever is in the organization: they are members.
            Make::Graph | Make::Google | Make::GitHub | Make::Okta | Make::OktaSigned => &[],
            Make::GitLab => &["no_members", "no_people"],
            _ => &["no_members"],
        };
        let fake = Fake::start(make, company.clone());
        let reading = Reader::of(&fake).read().unwrap();
        let codes: Vec<&str> = reading.gaps().iter().map(|gap| gap.code).collect();
        assert_eq!(codes, expected, "{make:?}");
        company.groups.clear();
        let fake = Fake::start(make, company.clone());
        let reading = Reader::of(&fake).read().unwrap();
        let codes: Vec<&str> = reading.gaps().iter().map(|gap| gap.code).collect();
        let expected: &[&str] = match make {
            // The organization is one.
            Make::GitHub => &[],
            Make::GitLab => &["no_members", "no_people"],
            Make::Okta | Make::OktaSigned => &["no_groups", "partial_view"],
            _ => &["no_groups"],
        };
        assert_eq!(codes, expected, "{make:?}");
    }
}
