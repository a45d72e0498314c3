import Testing

@testable import Components

@Suite struct FileEncodingTests {
    @Test(arguments: [
        (FileEncoding.utf8, "aé"), (.ascii, "az"), (.binary, "aé"), (.latin1, "aé"),
        (.hex, "00ff7a"), (.base64, "AP96"), (.utf16le, "aé😀"), (.ucs2, "aé"),
    ])
    func `a text comes back as it was given`(encoding: FileEncoding, text: String) throws {
        #expect(try encoding.text(of: encoding.bytes(of: text)) == text)
    }

    @Test(arguments: [
        (FileEncoding.ascii, "é"), (.latin1, "€"), (.hex, "0"), (.hex, "0g"), (.hex, "é1"),
        (.base64, "%%%"), (.base64, "A"),
    ])
    func `a text that is not encoded so is refused`(encoding: FileEncoding, text: String) {
        #expect(refusal { _ = try encoding.bytes(of: text) }?.code == .invalidText)
    }

    @Test func `half a unit is left out`() {
        #expect(FileEncoding.utf16le.text(of: [0x61, 0, 0x62]) == "a")
        #expect(FileEncoding.utf16le.text(of: []) == "")
    }
}
