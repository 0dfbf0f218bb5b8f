//! The texts that WeChat Pay v3 signs, and the header that carries our signature.

use super::keys::SigningKey;

/// The scheme in the `Authorization` header.
pub(crate) const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// What is signed: every part followed by a line feed.
pub(crate) fn message(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts {
        text.extend_from_slice(part);
        text.push(b'\n');
    }
    text
}

/// A request as it is signed.
pub(crate) struct SignedRequest<'a> {
    pub(crate) method: &'a str,
    /// Path and query, as sent.
    pub(crate) target: &'a str,
    /// Seconds since 1970.
    pub(crate) timestamp: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) body: &'a [u8],
}

impl SignedRequest<'_> {
    /// What is signed of it.
    pub(crate) fn message(&self) -> Vec<u8> {
        message(&[
            self.method.as_bytes(),
            self.target.as_bytes(),
            self.timestamp.as_bytes(),
            self.nonce.as_bytes(),
            self.body,
        ])
    }

    /// The `Authorization` header of merchant `mch_id` whose certificate is `serial`.
    pub(crate) fn authorization(&self, key: &SigningKey, mch_id: &str, serial: &str) -> Option<String> {
        let signature = key.sign(&self.message())?;
        Some(format!(
            "{SCHEME} mchid=\"{mch_id}\",nonce_str=\"{}\",signature=\"{signature}\",timestamp=\"{}\",serial_no=\"{serial}\"",
            self.nonce, self.timestamp,
        ))
    }
}

/// 32 characters that were never used before.
pub(crate) fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::SignedRequest;
    use crate::wechat::pay::keys::SigningKey;

    /// Made with `openssl dgst -sha256 -sign test-only-merchant-private.pem`.
    const SIGNATURE: &str = "rPk5H+VoSS6tYmhuW2ZBtLAh7Zp0UdNaJg2aUhigMPrP3Qe0PLkLA/xLStmDhU9cxE1s1NfkDICko+qwNTfPWAhmLc6eh0RIx+9FO6sk/12NYQ6gxPjdii9lDdg/155Hs+I3t7K+rx5x7FYqjCdeBdlcQYZ+PbomfTYeaDelJ3JXxn3zw+N/E2WRtfuLf+xazae3QXXWHCjgWbG3Ak7gFHQYyfR3JFdW3XF0fbq8eY/59+R5+bmM92Ai4ZMga4hC+9WXAip7iTztGQNuLrSS9T8SgpAXAEAm1203isI1kadgijxC+qn2MtmlKSESeVk4kP+m8ujRf09B+vFuGhScLg==";

    #[test]
    fn signs_as_another_implementation_does() {
        let key = SigningKey::from_pem(crate::sandbox::MERCHANT_PRIVATE_KEY).unwrap();
        let request = SignedRequest {
            method: "POST",
            target: "/v3/pay/transactions/app",
            timestamp: "1554208460",
            nonce: "593BEC0C930BF1AFEB40B4A08C8FB242",
            body: br#"{"a":1}"#,
        };
        let header = request.authorization(&key, "1900009191", "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C");
        assert_eq!(
            header.unwrap(),
            format!(
                "WECHATPAY2-SHA256-RSA2048 mchid=\"1900009191\",nonce_str=\"593BEC0C930BF1AFEB40B4A08C8FB242\",\
                 signature=\"{SIGNATURE}\",timestamp=\"1554208460\",serial_no=\"1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C\""
            )
        );
    }
}
