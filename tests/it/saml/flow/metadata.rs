//! The provider's metadata where it has to be signed, and what a check says of it.

use super::{Backend, SignOn, With, own_key};
use crate::world::agent::Agent;
use crate::world::simplesaml::SimpleSaml;
use crate::world::wait_until;

#[test]
fn s51_metadata_counts_that_whoever_is_named_has_signed() {
    let idp = SimpleSaml::start();
    let (named, with) = (idp.certificate(), With::saml("metadata_certificate_files = [\"signer.crt\"]"));
    let mut sign_on = SignOn::beside(idp, Backend::Sqlite, &with, &[("signer.crt", &named)]);
    let login = |sign_on: &SignOn| sign_on.visit(&mut Agent::default(), "ann").answer.status;
    assert_eq!(login(&sign_on), 503, "nobody has signed it: {}", sign_on.said());
    sign_on.site.run(&["check", "provider", "sso"]).expect(1).says("signature");
    sign_on.idp.sign_metadata();
    assert!(wait_until(60, || login(&sign_on) == 200), "{}", sign_on.said());
    sign_on.site.run(&["check", "provider", "sso"]).expect(0).says(&sign_on.idp.entity_id());
    sign_on.stop();
    sign_on.site.secret("signer.crt", &own_key().1);
    sign_on.start();
    assert_eq!(login(&sign_on), 503, "somebody else is named: {}", sign_on.said());
    sign_on.site.run(&["check", "provider", "sso"]).expect(1);
    sign_on.close();
}
