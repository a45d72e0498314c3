import Foundation
import Testing

@testable import Measurement

@Suite struct ChildProgramTests {
    @Test func `a program's lines are read one by one`() throws {
        let child = try ChildProgram(
            ["/bin/sh", "-c", "echo one; echo $WORD"], environment: ["WORD": "two"])

        #expect(child.line() == "one")
        #expect(child.line() == "two")
        #expect(child.line() == nil)
    }

    @Test func `a program that is not there is said`() {
        #expect(throws: MeasurementError.self) {
            _ = try ChildProgram(["/nowhere/at/all"], environment: [:])
        }
    }

    @Test func `a stopped program and what it started have ended`() throws {
        let child = try ChildProgram(
            ["/bin/sh", "-c", "sleep 100 & echo $!; trap 'kill $!; exit' TERM; wait"],
            environment: [:])
        let grandchild = try #require(child.line().flatMap { pid_t($0) })
        let tree = ProcessTree(of: child.identifier)

        child.stop()

        #expect(tree.identifiers == [child.identifier, grandchild])
        #expect(child.hasEnded)
    }

    @Test func `this process has memory and has used a processor`() {
        let tree = ProcessTree(of: getpid())

        #expect(tree.memory().resident >= tree.memory().proportional)
        #expect(tree.memory().proportional > 0)
        #expect(tree.processorTime() > .zero)
    }
}
