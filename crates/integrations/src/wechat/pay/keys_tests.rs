//! Keys: every form that is accepted, every one that is refused, and vectors made by other implementations.

use super::{ApiKey, SigningKey, VerifyingKey};
use crate::sandbox::{MERCHANT_PRIVATE_KEY, PLATFORM_PRIVATE_KEY, PLATFORM_PUBLIC_KEY};
use crate::wechat::{ConfigError, KeyError};

const CERTIFICATE: &str = include_str!("../../../tests/keys/platform-certificate.pem");
const PKCS1_PUBLIC: &str = include_str!("../../../tests/keys/platform-pkcs1-public.pem");
const PKCS1_PRIVATE: &str = include_str!("../../../tests/keys/merchant-pkcs1-private.pem");
const ELLIPTIC: &str = include_str!("../../../tests/keys/elliptic-public.pem");
const SHORT: &str = include_str!("../../../tests/keys/short-public.pem");

const MESSAGE: &[u8] = b"1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n{\"prepay_id\":\"p\"}\n";
/// Made with `openssl dgst -sha256 -sign test-only-platform-private.pem`.
const SIGNATURE: &str = "UIbXy/Ss6XcK0FFdi9dWE2hVuzR3jylvjY3r9yvYUoMFk/B/AuTL7p537WKHaxGZa6OE+PiyRzHTosUok4XywEEfs3nvBrnp8cOALfJwTYLCDyYnzeVk5C7FYLMItsp17Ttz3MthGmahnKP4BAM00aIzaOLojzQhPeOwV4uEiBAtu2XqdaM07M79giftWktuhXzvukQV7jBxf+NkHU/gaEusUk9YQsvm1f+deOTQOP9i2G6Zlhew0i+cA7DKsj7ebvtBaThIAz4RBkieyQhoWFdkFLR3YwI0oYFd6zrahKDMdqa620wj2WAA4kHyIiCmTLC2e6vKM4JBWrT1LWY7vA==";

#[test]
fn verifies_with_a_key_in_any_of_its_forms() {
    for (form, pem) in
        [("public key", PLATFORM_PUBLIC_KEY), ("PKCS#1", PKCS1_PUBLIC), ("certificate", CERTIFICATE)]
    {
        let key = VerifyingKey::from_pem(pem).unwrap();
        assert!(key.verifies(MESSAGE, SIGNATURE), "{form}");
        assert!(!key.verifies(b"another message", SIGNATURE), "{form}");
        assert!(!key.verifies(MESSAGE, "no base64!"), "{form}");
        assert!(!key.verifies(MESSAGE, ""), "{form}");
    }
    let other =
        VerifyingKey::from_pem(include_str!("../../sandbox/keys/test-only-merchant-public.pem")).unwrap();
    assert!(!other.verifies(MESSAGE, SIGNATURE), "another key");
}

#[test]
fn signs_with_a_key_in_either_of_its_forms() {
    let signature = SigningKey::from_pem(PLATFORM_PRIVATE_KEY).unwrap().sign(MESSAGE).unwrap();
    assert_eq!(signature, SIGNATURE);
    let first = SigningKey::from_pem(MERCHANT_PRIVATE_KEY).unwrap().sign(MESSAGE);
    assert_eq!(SigningKey::from_pem(PKCS1_PRIVATE).unwrap().sign(MESSAGE), first);
}

#[test]
fn says_what_is_wrong_with_a_public_key() {
    let damaged = PLATFORM_PUBLIC_KEY.replace("MII", "!!!");
    let cut = PLATFORM_PUBLIC_KEY.replace("-----END PUBLIC KEY-----", "");
    let empty = "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----";
    for (pem, reason) in [
        ("", KeyError::NoPem),
        ("MIIBIjANBgkq", KeyError::NoPem),
        (MERCHANT_PRIVATE_KEY, KeyError::NoPem),
        (damaged.as_str(), KeyError::Damaged),
        (cut.as_str(), KeyError::Damaged),
        (empty, KeyError::NotRsa),
        (ELLIPTIC, KeyError::NotRsa),
        (SHORT, KeyError::Size),
    ] {
        assert_eq!(VerifyingKey::from_pem(pem).map(|_| ()).unwrap_err(), reason, "{pem}");
    }
}

#[test]
fn no_shortening_of_a_public_key_is_taken_or_panics() {
    let lines: Vec<&str> =
        PLATFORM_PUBLIC_KEY.lines().filter(|line| !line.starts_with("TEST ONLY")).collect();
    for kept in 0..lines.len() - 2 {
        let inside = lines[1..=kept].join("\n");
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{inside}\n-----END PUBLIC KEY-----");
        assert_eq!(VerifyingKey::from_pem(&pem).map(|_| ()).unwrap_err(), KeyError::NotRsa, "{kept} lines");
    }
}

#[test]
fn says_what_is_wrong_with_a_private_key() {
    let relabelled = PKCS1_PRIVATE.replace("RSA PRIVATE", "PRIVATE");
    for (pem, reason) in [
        ("", KeyError::NoPem),
        (PLATFORM_PUBLIC_KEY, KeyError::NoPem),
        (relabelled.as_str(), KeyError::Invalid),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeyError::Invalid),
    ] {
        assert_eq!(SigningKey::from_pem(pem).map(|_| ()).unwrap_err(), reason);
    }
}

#[test]
fn opens_what_another_implementation_sealed() {
    let key = ApiKey::new("0123456789abcdef0123456789abcdef").unwrap();
    // Made with Python's cryptography: AESGCM(key).encrypt(b"abcdefghijkl", b'{"k":"v"}', b"transaction").
    let sealed = "Eu6infHHG/Ee2gicR/ud699R7GHLqaLAQg==";
    assert_eq!(key.open("abcdefghijkl", "transaction", sealed).as_deref(), Some(br#"{"k":"v"}"#.as_slice()));
    assert_eq!(key.seal("abcdefghijkl", "transaction", br#"{"k":"v"}"#).as_deref(), Some(sealed));
    assert_eq!(key.open("abcdefghijkx", "transaction", sealed), None, "another nonce");
    assert_eq!(key.open("short", "transaction", sealed), None, "a nonce of another length");
    assert_eq!(key.open("abcdefghijkl", "refund", sealed), None, "other associated data");
    assert_eq!(key.open("abcdefghijkl", "transaction", "AAAA"), None, "shorter than its tag");
    assert_eq!(key.open("abcdefghijkl", "transaction", "%"), None, "no base64");
    assert_eq!(ApiKey::new("too short").map(|_| ()).unwrap_err(), ConfigError::ApiV3Key);
}
