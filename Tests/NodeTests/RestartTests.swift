import Foundation
import HTTPTransport
import JSON
import TestSupport
import Testing

/// The real program, asked to begin anew.
@Suite struct RestartTests {
    private static func ask(_ node: LedgeProcess, _ operation: JSONValue) throws -> JSONValue {
        try JSONValue(parsing: try node.operation(operation, client: HTTPClient()).body)
    }

    @Test func `a restart is answered, keeps the process and takes over what was set`() throws {
        let directory = try TemporaryDirectory()
        let node = try LedgeProcess(root: directory.file("node"))
        let before = try Self.ask(node, ["operation": "system_information"])
        _ = try Self.ask(
            node, ["operation": "set_configuration", "clustering_nodeName": "anew"])

        let answer = try Self.ask(node, ["operation": "restart"])

        #expect(answer["message"] == "Restarting HarperDB. This may take up to 60 seconds.")
        #expect(try node.waitUntilReadyAgain().hasPrefix("ledge anew is ready"))
        let after = try Self.ask(node, ["operation": "system_information"])
        let process = { (body: JSONValue) in
            body["harperdb_processes"]?["core"]?.arrayValue?.first?["pid"]
        }
        #expect(process(after) != nil)
        #expect(process(after) == process(before))
        let lines = try Self.ask(node, ["operation": "read_log"]).arrayValue
        #expect(lines?.contains { $0["message"] == "starting anew" } == true)
        // The next program must still be told to end: signals are not blocked in it.
        #expect(node.terminate() == 0)
    }
}
