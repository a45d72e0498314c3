import Datasets
import Foundation
import TestSupport
import Testing

/// Files that are no data: each is refused in a sentence, at once.
@Suite struct HostileFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func refusal(
        of name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) -> DatasetError? {
        #expect(throws: DatasetError.self, sourceLocation: sourceLocation) {
            try RecordFile.read(folder.file(name), columns: [.init(["isbn"])])
        }
    }

    @Test func `a pipe that nobody writes to is not waited for`() {
        #expect(mkfifo(folder.file("pipe.csv"), 0o600) == 0)

        #expect(refusal(of: "pipe.csv")?.message.contains("no regular file") == true)
    }

    @Test func `a directory in place of a file is refused`() throws {
        try FileManager.default.createDirectory(
            atPath: folder.file("d.csv"), withIntermediateDirectories: false)

        #expect(refusal(of: "d.csv")?.message.contains("no regular file") == true)
    }

    @Test func `links in a circle are refused`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("a.csv"), withDestinationPath: folder.file("a.csv"))

        #expect(refusal(of: "a.csv")?.code == .fileNotFound)
    }

    @Test func `a small packed file that holds a large one is refused with the limit`() throws {
        let zeros = folder.file("bomb.csv")
        #expect(FileManager.default.createFile(atPath: zeros, contents: nil))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: zeros))
        try handle.truncate(atOffset: 70 << 20)
        try handle.close()
        let gzip = try Process.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments: ["gzip", "-1", zeros])
        gzip.waitUntilExit()

        let refusal = refusal(of: "bomb.csv.gz")

        #expect(refusal?.code == .limitExceeded)
        #expect(refusal?.message.contains("\(64 << 20)") == true)
    }

    @Test func `a header of too many columns says so`() throws {
        let header = String(repeating: "a,", count: 3_000) + "isbn\n1\n"
        try Data(header.utf8).write(to: URL(fileURLWithPath: folder.file("wide.csv")))

        #expect(refusal(of: "wide.csv")?.message.contains("more than 2000 fields") == true)
    }
}
