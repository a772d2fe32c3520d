//! `rosterd check provider`, step by step.

use super::super::CheckStep;
use super::SamlLogin;
use crate::clock::{Clock as _, SystemClock};
use crate::saml::Certificate;

pub(super) async fn run(login: &SamlLogin) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    let verifier = login.verifier.check().await;
    let failed = verifier.is_err();
    steps.push(CheckStep {
        what: "start the verifier of signatures".to_owned(),
        result: verifier.map(|()| "both kinds answer".to_owned()).map_err(|error| error.to_string()),
    });
    if failed {
        return steps;
    }
    let now = SystemClock.now();
    let read = login.source.fresh(now).await;
    let found = match &read {
        Ok(idp) => {
            let keys: Vec<String> = idp.certificates.iter().map(Certificate::fingerprint).collect();
            Ok(format!("{}, signing with {}", idp.entity_id, keys.join(" and ")))
        }
        Err(error) => Err(error.to_string()),
    };
    steps.push(CheckStep { what: "read the identity provider's metadata".to_owned(), result: found });
    let Ok(idp) = read else { return steps };
    let weak = idp.certificates.iter().filter(|certificate| certificate.validity().1 <= now).count();
    let dates = if weak == 0 {
        "all are within their dates".to_owned()
    } else {
        format!("{weak} out of its dates: it counts, as long as the metadata has it")
    };
    steps.push(CheckStep { what: "look at its certificates".to_owned(), result: Ok(dates) });
    if idp.wants_signed {
        let signs = if login.keys.is_empty() {
            Err("it takes signed requests only; `keys` has none".to_owned())
        } else {
            Ok("they are signed".to_owned())
        };
        steps.push(CheckStep { what: "sign requests".to_owned(), result: signs });
    }
    steps
}
