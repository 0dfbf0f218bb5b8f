//! Bills as WeChat writes them, and files that are none.

use kernel::Money;

use super::{Bill, BillError, BillLineKind};

const HEADING: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUMMARY: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const PAYMENT: &str = "`2026-01-02 10:00:00,`wx0000000000000001,`1230000109,`0,`,`4200000001202601021000000001,`R17592186044423,`oABC,`APP,`SUCCESS,`OTHERS,`CNY,`100.00,`0.00,`0,`0,`0.00,`0.00,`,`,`充100,送20,`,`0.60000,`0.60%,`100.00,`0.00,`";
const REFUND: &str = "`2026-01-03 11:30:00,`wx0000000000000001,`1230000109,`0,`,`4200000001202601021000000001,`R17592186044423,`oABC,`APP,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`5030,`F1,`30.00,`0.00,`ORIGINAL,`SUCCESS,`充100,送20,`,`-0.18000,`0.60%,`0.00,`30.00,`";

fn bill(lines: &[&str], sums: &str) -> String {
    format!("\u{feff}{HEADING}\r\n{}\r\n{SUMMARY}\r\n{sums}\r\n", lines.join("\r\n"))
}

#[test]
fn reads_what_wechat_writes() {
    let text = bill(&[PAYMENT, REFUND], "`2,`100.00,`30.00,`0.00,`0.42000,`100.00,`30.00");
    let bill = Bill::read(text.as_bytes()).unwrap();
    assert_eq!(bill.days, Some(("2026-01-02".to_owned(), "2026-01-03".to_owned())));
    let [payment, refund] = bill.lines.as_slice() else { panic!("two lines") };
    assert_eq!((payment.kind, payment.amount), (BillLineKind::Payment, Money::from_fen(10_000)));
    assert_eq!(payment.order, "R17592186044423");
    assert_eq!(payment.at.shanghai(), "2026-01-02 10:00:00");
    assert_eq!((refund.kind, refund.amount), (BillLineKind::Refund, Money::from_fen(3_000)));
    assert_eq!((payment.refund.as_str(), refund.refund.as_str()), ("", "F1"));
    let nothing = format!("{HEADING}\n{SUMMARY}\n`0,`0.00,`0.00,`0.00,`0.00000,`0.00,`0.00\n");
    assert_eq!(Bill::read(nothing.as_bytes()), Ok(Bill::default()));
}

#[test]
fn what_is_no_bill_is_told_without_its_values() {
    let sums = "`1,`100.00,`0.00,`0.00,`0.60000,`100.00,`0.00";
    assert!(Bill::read(bill(&[PAYMENT], sums).as_bytes()).is_ok());
    let one = |line: &str| bill(&[line], sums);
    let line = |what| BillError::Line { line: 2, what };
    let cases = [
        (String::new(), BillError::Heading("交易时间")),
        ("a,b,c\n1,2,3\n".to_owned(), BillError::Heading("交易时间")),
        (HEADING.replace("商户订单号", "x"), BillError::Heading("商户订单号")),
        (one(&PAYMENT.replace('`', "")), line("values with a backtick before each are meant")),
        (one(&PAYMENT.replace(",`OTHERS", "")), line("it has not as many values as the heading")),
        (one(&PAYMENT.replace("2026-01-02", "2026-13-02")), line("交易时间 does not read")),
        (one(&PAYMENT.replace("`0.60%,`100.00", "`0.60%,`1x")), line("an amount does not read")),
        (one(&PAYMENT.replace("SUCCESS", "MAYBE")), line("交易状态 is none of SUCCESS, REFUND, REVOKED")),
        (format!("{HEADING}\n{PAYMENT}\n"), BillError::CutOff),
        (bill(&[PAYMENT, PAYMENT], sums), BillError::Sum("总交易单数")),
        (
            bill(&[PAYMENT], &sums.replace("`0.60000,`100.00", "`0.60000,`99.00")),
            BillError::Sum("订单总金额"),
        ),
    ];
    for (text, expected) in cases {
        let error = Bill::read(text.as_bytes()).unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("oABC") && !error.to_string().contains('\n'));
    }
    assert_eq!(Bill::read(&[0x1f, 0x8b, 8]), Err(BillError::Compressed));
    assert_eq!(Bill::read(&[0xbd, 0xbb, 0xd2, 0xd7]), Err(BillError::Encoding));
}
