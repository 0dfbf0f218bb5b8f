//! TC3-HMAC-SHA256, how requests to Tencent Cloud are signed (its "signature method v3"): for POST requests.

use kernel::Timestamp;
use ring::{digest, hmac};

/// The name of the method, in the header and in what is signed.
pub(crate) const ALGORITHM: &str = "TC3-HMAC-SHA256";
/// The end of every scope.
const TERMINATOR: &str = "tc3_request";

/// A POST request as it is signed.
pub(crate) struct Tc3Request<'a> {
    /// The product's name in its domain, such as `sms`.
    pub(crate) service: &'a str,
    /// The path, as sent.
    pub(crate) path: &'a str,
    /// The signed headers: names in lower case and in the order of the alphabet, `content-type` and `host` among them.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The moment in `X-TC-Timestamp`.
    pub(crate) at: Timestamp,
    pub(crate) body: &'a [u8],
}

impl Tc3Request<'_> {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self, secret_id: &str, secret_key: &str) -> String {
        format!(
            "{ALGORITHM} Credential={secret_id}/{}, SignedHeaders={}, Signature={}",
            self.scope(),
            self.signed_headers(),
            hex::encode(hmac::sign(&self.key(secret_key), self.string_to_sign().as_bytes())),
        )
    }

    /// Whether `signature` (hexadecimal) is the one of `secret_key`. Takes the same time wherever they differ.
    pub(crate) fn verifies(&self, secret_key: &str, signature: &str) -> bool {
        hex::decode(signature).is_ok_and(|tag| {
            hmac::verify(&self.key(secret_key), self.string_to_sign().as_bytes(), &tag).is_ok()
        })
    }

    /// Day, service and terminator. The day is that of UTC.
    pub(crate) fn scope(&self) -> String {
        format!("{}/{}/{TERMINATOR}", self.day(), self.service)
    }

    fn day(&self) -> String {
        self.at.utc().format("%Y-%m-%d").to_string()
    }

    fn signed_headers(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    fn canonical_request(&self) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim().to_lowercase()))
            .collect();
        // Between path and headers stands the query, always empty for POST.
        format!("POST\n{}\n\n{headers}\n{}\n{}", self.path, self.signed_headers(), sha256_hex(self.body))
    }

    fn string_to_sign(&self) -> String {
        let hash = sha256_hex(self.canonical_request().as_bytes());
        format!("{ALGORITHM}\n{}\n{}\n{hash}", self.at.seconds(), self.scope())
    }

    /// A key of this day, service and terminator only.
    fn key(&self, secret_key: &str) -> hmac::Key {
        let mut key = hmac::Key::new(hmac::HMAC_SHA256, format!("TC3{secret_key}").as_bytes());
        for part in [self.day().as_str(), self.service, TERMINATOR] {
            key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
        }
        key
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::Tc3Request;

    /// The examples of Tencent Cloud's documents ask its service `cvm`.
    const BODY: &[u8] =
        br#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
    const TWO: [(&str, &str); 2] =
        [("content-type", "application/json; charset=utf-8"), ("host", "cvm.tencentcloudapi.com")];
    const THREE: [(&str, &str); 3] = [TWO[0], TWO[1], ("x-tc-action", "DescribeInstances")];

    fn request<'a>(headers: &'a [(&'a str, &'a str)]) -> Tc3Request<'a> {
        let at = Timestamp::from_micros(1_551_113_065_000_000);
        Tc3Request { service: "cvm", path: "/", headers, at, body: BODY }
    }

    #[test]
    fn the_documents_first_example() {
        let request = request(&TWO);
        let key = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
        assert!(
            request
                .string_to_sign()
                .ends_with("\n5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031")
        );
        let expected = "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, \
            SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        assert_eq!(request.authorization("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", key), expected);
        let signature = &expected[expected.len() - 64..];
        assert!(request.verifies(key, signature));
        assert!(!request.verifies(key, &signature.replace('7', "8")));
        assert!(!request.verifies(key, &signature[..62]));
        assert!(!request.verifies("another", signature));
    }

    /// The later edition signs the action too and prints its key as 32 asterisks, which are what it signed with.
    #[test]
    fn the_documents_second_example() {
        let request = request(&THREE);
        let stars = "*".repeat(32);
        let authorization = request.authorization("AKID", &stars);
        assert!(
            authorization.ends_with(
                "SignedHeaders=content-type;host;x-tc-action, \
                 Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
            ),
            "{authorization}"
        );
    }

    #[test]
    fn the_day_is_that_of_utc() {
        let mut request = request(&TWO);
        assert_eq!(request.scope(), "2019-02-25/cvm/tc3_request", "in Shanghai it was the 26th");
        request.at = request.at.plus_seconds(8 * 3600);
        assert_eq!(request.scope(), "2019-02-26/cvm/tc3_request");
    }
}
