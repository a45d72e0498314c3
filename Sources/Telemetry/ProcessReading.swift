/// What one process has used, as `/proc/<pid>/stat` has it.
package struct ProcessReading: Sendable, Hashable {
    package let pid: Int
    package let parent: Int
    package let name: String
    package let state: String
    /// Clock ticks in the program and in the kernel.
    package let userTicks: Int
    package let systemTicks: Int
    package let threadCount: Int
    /// Clock ticks from the host's start to the process's.
    package let startTicks: Int
    package let virtualBytes: Int
    package let residentPages: Int

    package init?(stat text: String) {
        // A name may hold blanks and parentheses, so the fields are counted from the last one.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"),
            open < close, let pid = Int(text[..<open].split(separator: " ").first ?? "")
        else { return nil }
        let fields = text[text.index(after: close)...].split { $0 == " " || $0 == "\n" }
        guard fields.count >= 22 else { return nil }
        func number(_ index: Int) -> Int { Int(fields[index]) ?? 0 }
        self.pid = pid
        name = String(text[text.index(after: open)..<close])
        state = String(fields[0])
        parent = number(1)
        userTicks = number(11)
        systemTicks = number(12)
        threadCount = number(17)
        startTicks = number(19)
        virtualBytes = number(20)
        residentPages = number(21)
    }
}
