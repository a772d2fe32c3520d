//! People and groups from an LDAP directory.
