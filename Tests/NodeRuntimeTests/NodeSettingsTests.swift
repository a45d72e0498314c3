import Foundation
import JSON
import Telemetry
import TestSupport
import Testing

@testable import NodeRuntime

@Suite struct NodeSettingsTests {
    private static func configuration(_ directory: TemporaryDirectory) -> NodeConfiguration {
        NodeConfiguration(root: directory.path, name: "edge-1")
    }

    private static func refusal(_ name: String, _ value: JSONValue) throws -> String {
        let directory = try TemporaryDirectory()
        let settings = try NodeSettings(configuration(directory))
        let error = #expect(throws: NodeError.self) { try settings.set([(name, value)]) }
        #expect(error?.code == .badSetting)
        #expect(settings.document == (try NodeSettings(configuration(directory)).document))
        return error?.message ?? ""
    }

    @Test func `the document is nested as HarperDB nests it`() throws {
        let directory = try TemporaryDirectory()
        var configuration = Self.configuration(directory)
        configuration.operationsPort = 19_925

        let document = JSONValue.object(try NodeSettings(configuration).document)

        #expect(document["rootPath"] == .string(directory.path))
        #expect(document["componentsRoot"] == .string(directory.file("components")))
        #expect(document["operationsApi"]?["network"]?["port"] == 19_925)
        #expect(document["customFunctions"]?["network"]?["port"] == document["http"]?["port"])
        #expect(document["logging"]?["level"] == "info")
        #expect(document["logging"]?["rotation"]?["maxSize"] == "16M")
        #expect(document["authentication"]?["operationTokenTimeout"] == "1d")
        #expect(document["authentication"]?["authorizeLocal"] == false)
        #expect(document["threads"]?.integerValue != nil)
        #expect(document["localStudio"]?["enabled"] == false)
        #expect(document["clustering"]?["nodeName"] == "edge-1")
    }

    @Test func `what was set is shown at once and takes effect at the next start`() throws {
        let directory = try TemporaryDirectory()
        let settings = try NodeSettings(Self.configuration(directory))
        #expect(!settings.needsRestart)

        try settings.set([
            ("logging_rotation_maxSize", "12M"), ("http_cors", false), ("logging_level", "warn"),
        ])

        let shown = JSONValue.object(settings.document)
        #expect(shown["logging"]?["rotation"]?["maxSize"] == "12M")
        #expect(settings.needsRestart)
        var next = Self.configuration(directory)
        try next.applySaved()
        #expect(next.logRotation.fileBytesMax == 12 << 20)
        #expect(next.functionsOrigins.areAllowed == false)
        #expect(next.functionsOrigins.origins == [])
        #expect(next.logLevel == .warning)
        #expect(next.operationsOrigins.origins == nil)
    }

    @Test func `a value that Ledge only keeps survives a restart`() throws {
        let directory = try TemporaryDirectory()
        try NodeSettings(Self.configuration(directory)).set([("localStudio_enabled", true)])

        let shown = JSONValue.object(try NodeSettings(Self.configuration(directory)).document)

        #expect(shown["localStudio"]?["enabled"] == true)
    }

    @Test func `null takes a value back`() throws {
        let directory = try TemporaryDirectory()
        let settings = try NodeSettings(Self.configuration(directory))
        try settings.set([("threads", 61)])

        try settings.set([("threads", nil)])

        var next = Self.configuration(directory)
        let standard = next.threads
        try next.applySaved()
        #expect(next.threads == standard)
    }

    @Test func `a setting is known by its path of HarperDB 4-1 too`() throws {
        let directory = try TemporaryDirectory()

        try NodeSettings(Self.configuration(directory))
            .set([("customFunctions_network_port", 19_926)])

        var next = Self.configuration(directory)
        try next.applySaved()
        #expect(next.functionsPort == 19_926)
    }

    @Test func `a setting is known by its name of HarperDB 3 too`() throws {
        let directory = try TemporaryDirectory()

        try NodeSettings(Self.configuration(directory)).set([("NODE_NAME", "edge-1")])

        var next = Self.configuration(directory)
        try next.applySaved()
        #expect(next.name == "edge-1")
    }

    @Test func `origins, folders, tokens and the local login are taken over`() throws {
        let directory = try TemporaryDirectory()

        try NodeSettings(Self.configuration(directory)).set([
            ("operationsApi_network_corsAccessList", ["https://a.example"]),
            ("ledge_csvFolders", ["/srv/csv"]), ("ledge_exportFolders", ["/srv/out"]),
            ("authentication_authorizeLocal", true),
            ("authentication_operationTokenTimeout", "12h"),
            ("authentication_refreshTokenTimeout", 60), ("clustering_nodeName", "b"),
        ])

        var next = Self.configuration(directory)
        try next.applySaved()
        #expect(next.operationsOrigins.origins == ["https://a.example"])
        #expect(next.csvFolders == ["/srv/csv"])
        #expect(next.exportFolders == ["/srv/out"])
        #expect(next.authentication.authorizesLoopback)
        #expect(next.authentication.operationTokenSeconds == 43_200)
        #expect(next.authentication.refreshTokenSeconds == 60)
        #expect(next.name == "b")
    }

    @Test(
        arguments: [
            ("http_cors", "spinach", "'http.cors' must be a boolean"),
            ("http_port", "spinach", "'http.port' must be a number"),
            ("http_port", -1, "'http.port' must be greater than or equal to 0"),
            ("http_port", 65_536, "'http.port' must be less than or equal to 65535"),
            ("http_port", 1.5, "'http.port' must be an integer"),
            ("clustering_nodeName", 1, "'clustering.nodeName' must be a string"),
            ("http_corsAccessList", "x", "'http.corsAccessList' must be an array"),
            ("http_corsAccessList", [1], "'http.corsAccessList[0]' must be a string"),
            (
                "logging_level", "loud",
                "'logging.level' must be one of [notify, fatal, error, warn, info, debug, trace]"
            ),
            (
                "logging_rotation_maxSize", "12X",
                "Invalid logging.rotation.maxSize unit. Available units are G, M or K"
            ),
            (
                "logging_rotation_maxSize", "M",
                "Invalid logging.rotation.maxSize value. Value should be a number followed by unit "
                    + "e.g. '10M'"
            ),
            ("logging_rotation_maxSize", "1K", "'logging.rotation.maxSize' must be at least 64K"),
            (
                "authentication_operationTokenTimeout", "soon",
                "'authentication.operationTokenTimeout' must be a number of seconds or a time "
                    + "such as '1d', '12h' or '30m'"
            ),
            ("no_such_thing", 1, "'no_such_thing' is not a setting of this node"),
            ("rootPath", "/", "'rootPath' can only be set on the command line of the node"),
        ] as [(String, JSONValue, String)])
    func `a bad value is refused with HarperDB's sentence`(
        name: String, value: JSONValue, sentence: String
    ) throws {
        let expected = "HarperDB config file validation error: \(sentence)"

        #expect(try Self.refusal(name, value) == expected)
    }

    @Test func `one bad value keeps the good ones beside it from being set`() throws {
        let directory = try TemporaryDirectory()
        let settings = try NodeSettings(Self.configuration(directory))

        let error = #expect(throws: NodeError.self) {
            try settings.set([("threads", 2), ("http_cors", 1), ("http_port", true)])
        }

        #expect(
            error?.message
                == "HarperDB config file validation error: 'http.cors' must be a boolean. "
                + "'http.port' must be a number")
        #expect(!FileManager.default.fileExists(atPath: directory.file("ledge-config.json")))
    }

    @Test func `a saved file that is damaged keeps the node from starting`() throws {
        let directory = try TemporaryDirectory()
        try Data(#"{"http.cors": "spinach"}"#.utf8)
            .write(to: URL(fileURLWithPath: directory.file("ledge-config.json")))

        let error = #expect(throws: NodeError.self) {
            try NodeSettings(Self.configuration(directory))
        }

        #expect(error?.code == .badConfiguration)
        #expect(error?.message.hasSuffix("'http.cors' must be a boolean") == true)
    }

    @Test func `a root that cannot be written leaves the settings as they were`() throws {
        let settings = try NodeSettings(NodeConfiguration(root: "/proc/nowhere", name: "x"))

        let error = #expect(throws: NodeError.self) { try settings.set([("threads", 61)]) }

        #expect(error?.code == .storageFailed)
        #expect(settings.document["threads"] != 61)
    }
}

@Suite struct SettingUnitsTests {
    @Test(arguments: [("12M", 12 << 20), ("1G", 1 << 30), ("64K", 64 << 10)])
    func `a size comes back in the unit that it was given in`(text: String, bytes: Int) {
        #expect(SettingUnits.bytes(text) == bytes)
        #expect(SettingUnits.text(bytes) == text)
    }

    @Test(arguments: ["9999999999999G", "M", "-1M", "0M", "1.5M", "12", ""])
    func `what is no size is none`(text: String) {
        #expect(SettingUnits.bytes(text) == nil)
    }

    @Test(arguments: [("1d", 86_400), ("90m", 5_400), ("30d", 2_592_000), ("7s", 7)])
    func `a time comes back in the unit that it was given in`(text: String, seconds: Int) {
        #expect(SettingUnits.seconds(.string(text)) == seconds)
        #expect(SettingUnits.text(seconds: seconds) == text)
    }
}
