import CSV
import Testing

@Suite struct CSVWriterTests {
    @Test func `the reader reads what the writer has written`() {
        let rows = [["a", "b,c", "d\"e"], ["", "f\ng", "\"\""], ["h\r\ni", " j ", "\""]]
        var writer = CSVWriter()
        for row in rows {
            for field in row { writer.append(text: field.utf8) }
            writer.endRow()
        }

        var reader = CSVReader(writer.bytes)
        for row in rows {
            #expect(reader.next() == .row)
            #expect((0..<reader.fieldCount).map { reader.text($0) } == row)
        }
        #expect(reader.next() == nil)
    }

    @Test func `bare fields and quoted ones stand behind one another`() {
        var writer = CSVWriter(delimiter: UInt8(ascii: ";"))
        writer.append(bare: [])
        writer.append(bare: "1".utf8)
        writer.append(text: "x".utf8)
        writer.endRow()

        #expect(writer.bytes == Array(";1;\"x\"\n".utf8))
    }
}
