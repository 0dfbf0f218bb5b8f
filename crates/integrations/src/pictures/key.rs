//! Under which key a picture lies: a hash, so that no name is ever a path.

use object_store::path::Path;
use ring::digest::{Context, SHA256};

/// What a picture is of. Names are apart in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureKind {
    /// A thing lost or found.
    Property,
    /// A shop.
    Shop,
    /// A product.
    Product,
    /// A person.
    Portrait,
}

impl PictureKind {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::Property, Self::Shop, Self::Product, Self::Portrait];

    /// The kind as one word, also the folder of its pictures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::Shop => "shop",
            Self::Product => "product",
            Self::Portrait => "portrait",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The key of the picture of that name. Folders by the first two digits keep a local folder from growing without end.
pub(super) fn key(kind: PictureKind, name: &str) -> Path {
    let mut hash = Context::new(&SHA256);
    hash.update(kind.word().as_bytes());
    hash.update(b"\0");
    hash.update(name.as_bytes());
    let hash = hex::encode(hash.finish());
    let (folder, _) = hash.split_at(2);
    Path::from_iter([kind.word(), folder, &hash])
}

#[cfg(test)]
mod tests {
    use super::{PictureKind, key};

    #[test]
    fn a_name_is_never_a_path() {
        for name in ["../../etc/passwd", "..", "/", "a/b", "a\0b", "", "C:\\x", "%2e%2e%2f", "名字"] {
            let key = key(PictureKind::Shop, name).to_string();
            let parts: Vec<&str> = key.split('/').collect();
            let [kind, folder, hash] = parts[..] else { panic!("{key}") };
            assert_eq!((kind, folder.len(), hash.len()), ("shop", 2, 64), "{key}");
            assert!(hash.starts_with(folder) && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
        }
    }

    #[test]
    fn names_and_kinds_are_apart() {
        let mut keys: Vec<String> = PictureKind::ALL
            .iter()
            .flat_map(|kind| ["a", "b", "A"].map(|name| key(*kind, name).to_string()))
            .collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 12);
        // Made with `printf 'shop\0pro1' | sha256sum`: what is stored today must be found tomorrow.
        let hash = "3e618665fd73c221ba04ece4411259763c47332859a1c544ca66a7daae79330c";
        assert_eq!(key(PictureKind::Shop, "pro1").to_string(), format!("shop/{}/{hash}", &hash[..2]));
    }

    #[test]
    fn words_lead_back_to_kinds() {
        for kind in PictureKind::ALL {
            assert_eq!(PictureKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(PictureKind::from_word("Shop"), None);
        assert_eq!(PictureKind::from_word("../shop"), None);
    }
}
