//! The program as it is started: what it answers, and what it may use. That it verifies, and what it refuses, is shown
//! by rosterd's own tests of SAML.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

fn start(kind: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_rosterd-xmldsig");
    let pipe = Stdio::piped;
    Command::new(program).arg(kind).env_clear().stdin(pipe()).stdout(pipe()).stderr(Stdio::null()).spawn().unwrap()
}

fn request(certificates: &[&[u8]], message: &[u8]) -> Vec<u8> {
    let number = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
    let mut request = number(certificates.len()).to_vec();
    for part in certificates.iter().chain([&message]) {
        request.extend(number(part.len()));
        request.extend(*part);
    }
    request
}

fn ask(child: &mut Child, request: &[u8]) -> (u8, String) {
    child.stdin.as_mut().unwrap().write_all(request).unwrap();
    let from = child.stdout.as_mut().unwrap();
    let mut head = [0; 5];
    from.read_exact(&mut head).unwrap();
    let mut said = vec![0; u32::from_be_bytes(head[1..].try_into().unwrap()) as usize];
    from.read_exact(&mut said).unwrap();
    (head[0], String::from_utf8(said).unwrap())
}

#[test]
fn what_nobody_signed_is_not_signed() {
    for kind in ["libxml", "rust"] {
        let mut child = start(kind);
        for message in ["<a/>", "<a", "", "<a xmlns='urn:a' ID='_1'><b/></a>"] {
            for keys in [&[][..], &[b"no certificate".as_slice()]] {
                let (signed, _) = ask(&mut child, &request(keys, message.as_bytes()));
                assert_eq!(signed, 0, "{kind} {message}");
            }
        }
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success(), "{kind} ends when there is nothing more to do");
    }
}

#[test]
fn what_is_no_request_ends_it() {
    for kind in ["libxml", "rust"] {
        let endless = [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
        for bad in [&endless[..], &[0xff, 0xff, 0xff, 0xff], &request(&[], &[0xff, 0xfe]), &[0, 0, 0, 1, 0]] {
            let mut child = start(kind);
            child.stdin.take().unwrap().write_all(bad).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(1), "{kind} {bad:?}");
        }
    }
    assert_eq!(start("other").wait().unwrap().code(), Some(64));
}

#[test]
fn it_opens_writes_and_starts_nothing() {
    for kind in ["libxml", "rust"] {
        let mut child = start(kind);
        ask(&mut child, &request(&[], b"<a/>"));
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let limit = |name: &str| {
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
            let words: Vec<&str> = line[name.len()..].split_whitespace().collect();
            (words[0].to_owned(), words[1].to_owned())
        };
        let both = |text: &str| (text.to_owned(), text.to_owned());
        assert_eq!(limit("Max data size"), both("67108864"), "{kind}");
        assert_eq!(limit("Max open files"), both("3"), "{kind}");
        for nothing in ["Max file size", "Max core file size", "Max processes"] {
            assert_eq!(limit(nothing), both("0"), "{kind} {nothing}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
