import Identifiers
import Testing

@Suite struct ISBNTests {
    @Test(arguments: [
        "0195153448", "9780195153446", "0-19-515344-8", "978-0-19-515344-6", "0 19 515344 8",
    ])
    func `all spellings of a number are equal`(text: String) {
        #expect(ISBN(text) == ISBN("0195153448"))
        #expect(ISBN(text)?.thirteen == "9780195153446")
    }

    @Test(arguments: ["080652121X", "080652121x", "0-8065-2121-x"])
    func `X is the check digit ten in either case`(text: String) {
        #expect(ISBN(text)?.ten == "080652121X")
    }

    @Test(arguments: [
        "0195153449", "9780195153447", "08065X1210", "X806521210", "019515344", "01951534480", "",
        "97801951534466", "9770195153446", "abcdefghij", "９780195153446", "0195153448\0",
    ])
    func `a wrong check digit or length is no number`(text: String) {
        #expect(ISBN(text) == nil)
    }

    @Test(arguments: [
        ("080652121X", true), ("0195153448", true), ("080652121x", false), ("0195153449", false),
        ("0-19515344-8", false), ("195153448", false), ("9780195153446", false), ("", false),
    ])
    func `only the form of ten as it is kept needs no change`(text: String, isKept: Bool) {
        #expect(Array(text.utf8).withUnsafeBufferPointer { ISBN.isTen($0) } == isKept)
    }

    @Test func `a number of 979 has no form of ten`() {
        #expect(ISBN("9791034746927")?.thirteen == "9791034746927")
        #expect(ISBN("9791034746927")?.ten == nil)
    }

    @Test func `lost zeros come back only if the check digit proves them`() {
        #expect(ISBN(restoringZeros: "195153448")?.ten == "0195153448")
        #expect(ISBN(restoringZeros: "195153449") == nil)
        #expect(ISBN(restoringZeros: "2005018")?.ten == "0002005018")
        #expect(ISBN(restoringZeros: "9780195153446")?.ten == "0195153448")
    }
}
