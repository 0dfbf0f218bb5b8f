//! One API's words stay in its folder: field names and error names that its document alone uses.

use super::super::lexer::Kind;
use super::super::tree::{Breach, Tree};

/// Folder of `api/src`, and words that nobody else may write, as an identifier or inside a text.
const WORDS: [(&str, &[&str]); 5] = [
    (
        "wallet",
        &[
            "LOW_BALANCE",
            "AUTH_REQUIRED",
            "DATA_NOT_EXIST",
            "DUPLICATE_DATA",
            "PARAMETER_ERROR",
            "OPERATE_ERROR",
            "pay_with_balance",
            "pay_with_coupon",
        ],
    ),
    (
        "campus",
        &[
            "creat_time",
            "product_disprice",
            "product_unitprice",
            "product_totalprice",
            "purchase_price",
            "pic_num",
            "pic_url1",
        ],
    ),
    (
        "o2o",
        &[
            "isOperSelf",
            "wxLogin",
            "sdk_config",
            "loginWithSceneId",
            "miniprogram_bridge",
            "merchant_category_id",
            "goods_thumb_url",
        ],
    ),
    (
        "supplier",
        &[
            "msg",
            "order_sn",
            "advance_son_total_amount",
            "final_total_amount",
            "create_time_string",
            "status_choice",
            "count_order_all",
            "payed_buy_number",
        ],
    ),
    ("mall", &["wxlogin", "bindphone", "encryptedData", "selectall"]),
];

/// Words that libraries use for fields and parameters too: as identifiers they count inside `api` alone.
const COMMON: [&str; 1] = ["msg"];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in tree.rust() {
        let own = source.path.strip_prefix("api/src/").and_then(|rest| rest.split('/').next());
        for token in source.product_tokens() {
            let words = match token.kind {
                Kind::Ident if COMMON.contains(&token.text) && source.package != "api" => continue,
                Kind::Ident => vec![token.text],
                Kind::Str => token.text.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect(),
                Kind::Lifetime | Kind::Char | Kind::Number | Kind::Punct | Kind::Comment => continue,
            };
            for word in words {
                let home = home(word).filter(|home| own != Some(home));
                let message = |home| format!("{word} is a word of api/src/{home} alone");
                breaches.extend(home.map(|home| Breach::new(source.path, token.line, message(home))));
            }
        }
    }
    breaches
}

fn home(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(_, words)| words.contains(&word)).map(|(home, _)| *home)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn a_word_outside_its_folder_is_a_breach() {
        let files = [
            ("projections/src/carts.rs", "struct Row { creat_time: u64 }"),
            ("api/src/wallet/cart.rs", "let x = json!({\"msg\": 1});"),
            ("crates/commerce/src/buy.rs", "const PATH: &str = \"/api/user/wxLogin\";"),
        ];
        let expected = [
            "api/src/wallet/cart.rs:1: msg is a word of api/src/supplier alone",
            "crates/commerce/src/buy.rs:1: wxLogin is a word of api/src/o2o alone",
            "projections/src/carts.rs:1: creat_time is a word of api/src/campus alone",
        ];
        assert_breaches(check, &files, &expected);
    }

    #[test]
    fn its_own_folder_tests_comments_and_longer_words_are_free() {
        let files = [
            ("api/src/campus/shop.rs", "struct Shop { creat_time: u64 }"),
            ("crates/engine/src/seal.rs", "Payload { msg: x, aad: y }"),
            ("tests/src/campus.rs", "x[\"creat_time\"]"),
            (
                "crates/integrations/src/wechat.rs",
                "struct Answer { errmsg: u8, return_msg: u8 } // msg\nconst A: &str = \"errmsg\";",
            ),
        ];
        assert_clean(check, &files);
    }
}
