import Foundation
import Training

/// How far a long work is: one line that is drawn over on a terminal, a few plain lines elsewhere.
struct ProgressBar {
    private let isInteractive: Bool
    private let write: (String) -> Void
    private var lastShare = -1.0
    private var isOpen = false

    private static let cellCount = 28
    /// A log gets a line for each tenth of the work, a terminal a stroke for each half percent.
    private static let plainStep = 0.1
    private static let interactiveStep = 0.005

    init(
        isInteractive: Bool = Terminal.isInteractive,
        write: @escaping (String) -> Void = Terminal.error
    ) {
        self.isInteractive = isInteractive
        self.write = write
    }

    /// - Parameters:
    ///   - share: Done, in 0...1.
    ///   - text: What stands behind the bar, such as loss and remaining time.
    mutating func show(share: Double, text: String) {
        let step = isInteractive ? Self.interactiveStep : Self.plainStep
        guard share >= 1 || share - lastShare >= step else { return }
        guard lastShare < 1 else { return }
        lastShare = share
        let percent = String(format: "%3d%%", Int(share * 100))
        guard isInteractive else { return write("\(percent)  \(text)\n") }
        let filled = Int(share * Double(Self.cellCount))
        let bar =
            String(repeating: "█", count: filled)
            + String(repeating: "░", count: Self.cellCount - filled)
        // Return to the line's start, then erase what the longer line before left over.
        write("\r\(bar) \(percent)  \(text)\u{1B}[K")
        isOpen = share < 1
        if share >= 1 { write("\n") }
    }

    /// Leaves the line, so that an error does not stand on top of the bar.
    mutating func close() {
        if isInteractive, isOpen { write("\n") }
        isOpen = false
    }

    /// `90 s` as `1:30`.
    static func clock(seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        let minutes = whole / 60
        let rest = String(format: "%02d", whole % 60)
        return "\(minutes):\(rest)"
    }
}

extension ProgressBar {
    mutating func show(_ progress: TrainingProgress) {
        let share = Double(progress.step) / Double(progress.stepCount)
        // A second training, on the validation rows too, has a bar of its own.
        if share < lastShare { self = ProgressBar(isInteractive: isInteractive, write: write) }
        show(
            share: share,
            text: (progress.loss.map { String(format: "loss %.4f  ", $0) } ?? "")
                + String(format: "%.0f examples/s  ", progress.examplesPerSecond)
                + "\(ProgressBar.clock(seconds: progress.secondsRemaining)) left")
    }
}
