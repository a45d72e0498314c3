import BundleFormat
import Foundation
import Integrity
import JSON
import TestSupport
import Testing
import Training

@Suite struct TrainingCheckpointTests {
    private static let run = SHA256Digest.of(Array("run".utf8))
    private let checkpoint = TrainingCheckpoint(
        tensors: [
            DraftTensor("weights", shape: [2, 2], .float32([1, -2, 3.5, 0])),
            DraftTensor("random", shape: [1], .int64([-7])),
        ],
        state: ["epoch": 3, "loss": 0.123456789012345])

    @Test func `what was written is read back`() throws {
        let directory = try TemporaryDirectory()

        try checkpoint.write(to: directory.file("state"), run: Self.run)
        let read = try #require(
            try TrainingCheckpoint(at: directory.file("state"), run: Self.run))

        #expect(read.state == checkpoint.state)
        #expect(read.floats == ["weights": [1, -2, 3.5, 0]])
        #expect(Set(read.tensors.map(\.name)) == ["weights", "random"])
        #expect(read.tensors.first { $0.name == "weights" }?.shape == [2, 2])
    }

    @Test func `no file is no checkpoint and no error`() throws {
        let directory = try TemporaryDirectory()

        #expect(try TrainingCheckpoint(at: directory.file("state"), run: Self.run) == nil)
    }

    @Test func `a second checkpoint replaces the first and leaves nothing else`() throws {
        let directory = try TemporaryDirectory()
        var second = checkpoint
        second.state["epoch"] = 4

        try checkpoint.write(to: directory.file("state"), run: Self.run)
        try second.write(to: directory.file("state"), run: Self.run)

        let read = try TrainingCheckpoint(at: directory.file("state"), run: Self.run)
        #expect(read?.state["epoch"] == 4)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["state"])
    }

    @Test func `any wrong byte is refused`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("state")
        try checkpoint.write(to: path, run: Self.run)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))

        for place in stride(from: 0, to: whole.count, by: 7) {
            var damaged = whole
            damaged[place] ^= 1
            try damaged.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: TrainingError.self) {
                try TrainingCheckpoint(at: path, run: Self.run)
            }
            #expect(error?.code == .badCheckpoint)
        }
    }

    @Test(arguments: [0, 1, 31, 32, 33, 100])
    func `a file that was cut off is refused`(length: Int) throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("state")
        try checkpoint.write(to: path, run: Self.run)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))

        try whole.prefix(length).write(to: URL(fileURLWithPath: path))

        #expect(throws: TrainingError.self) { try TrainingCheckpoint(at: path, run: Self.run) }
    }

    @Test func `a checkpoint of another run is refused in words`() throws {
        let directory = try TemporaryDirectory()
        try checkpoint.write(to: directory.file("state"), run: Self.run)

        let error = #expect(throws: TrainingError.self) {
            try TrainingCheckpoint(
                at: directory.file("state"), run: SHA256Digest.of(Array("other".utf8)))
        }

        #expect(error?.message.contains("another recipe or other data") == true)
    }

    @Test func `recipe, data and part all name a run`() {
        let data = SHA256Digest.of([1])
        let run = TrainingCheckpoint.run(recipe: ["a": 1], data: data, part: "train")

        #expect(run == TrainingCheckpoint.run(recipe: ["a": 1], data: data, part: "train"))
        #expect(run != TrainingCheckpoint.run(recipe: ["a": 2], data: data, part: "train"))
        #expect(run != TrainingCheckpoint.run(recipe: ["a": 1], data: data, part: "refit"))
        #expect(
            run
                != TrainingCheckpoint.run(
                    recipe: ["a": 1], data: SHA256Digest.of([2]), part: "train"))
    }
}
