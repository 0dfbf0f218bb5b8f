//! PEM and as much of DER as it takes to find an RSA public key in what people paste into a configuration.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::wechat::KeyError;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_ID: u8 = 0x06;
/// The explicit version of an X.509 certificate.
const VERSION: u8 = 0xa0;
/// 1.2.840.113549.1.1.1, rsaEncryption.
const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The first PEM block that bears one of `labels`: its label and its inside. Text around it is ignored.
pub(super) fn pem<'l>(text: &str, labels: &[&'l str]) -> Result<(&'l str, Vec<u8>), KeyError> {
    for label in labels {
        let Some((_, after)) = text.split_once(&format!("-----BEGIN {label}-----")) else { continue };
        let Some((inside, _)) = after.split_once(&format!("-----END {label}-----")) else {
            return Err(KeyError::Damaged);
        };
        let packed: String = inside.split_ascii_whitespace().collect();
        return Ok((*label, STANDARD.decode(packed).map_err(|_| KeyError::Damaged)?));
    }
    Err(KeyError::NoPem)
}

/// An RSA public key: modulus and exponent, big-endian without leading zeros.
#[derive(Debug)]
pub(super) struct RsaPublic {
    pub(super) n: Vec<u8>,
    pub(super) e: Vec<u8>,
}

impl RsaPublic {
    /// Reads `RSAPublicKey` (PKCS#1).
    pub(super) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let mut fields = Der(Der(der).take(SEQUENCE)?);
        let n = unsigned(fields.take(INTEGER)?)?;
        let e = unsigned(fields.take(INTEGER)?)?;
        Some(Self { n, e })
    }

    /// Reads `SubjectPublicKeyInfo`.
    pub(super) fn from_public_key_info(der: &[u8]) -> Option<Self> {
        let mut fields = Der(Der(der).take(SEQUENCE)?);
        let mut algorithm = Der(fields.take(SEQUENCE)?);
        if algorithm.take(OBJECT_ID)? != RSA_ENCRYPTION.as_slice() {
            return None;
        }
        // The first byte of a bit string counts its unused bits.
        Self::from_pkcs1(fields.take(BIT_STRING)?.strip_prefix(&[0])?)
    }

    /// Reads the key inside an X.509 certificate.
    pub(super) fn from_certificate(der: &[u8]) -> Option<Self> {
        let mut certificate = Der(Der(der).take(SEQUENCE)?);
        let mut signed = Der(certificate.take(SEQUENCE)?);
        if signed.0.first() == Some(&VERSION) {
            signed.take(VERSION)?;
        }
        signed.take(INTEGER)?;
        // The signature's algorithm, issuer, validity and subject come before the key.
        for _ in 0..4 {
            signed.take(SEQUENCE)?;
        }
        Self::from_public_key_info(signed.0)
    }
}

/// The bytes of a positive integer, without leading zeros.
fn unsigned(content: &[u8]) -> Option<Vec<u8>> {
    let negative = content.first()? & 0x80 != 0;
    let start = content.iter().position(|byte| *byte != 0)?;
    (!negative).then(|| content.get(start..).map(<[u8]>::to_vec))?
}

/// What is left to read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next element, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        if *found != tag {
            return None;
        }
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }
}
