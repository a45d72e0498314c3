/// The powers that a vote needs again and again, computed once for a model.
struct ElectionWeights: Sendable {
    let vote: ReaderVote
    /// n(i)^-rarity of each item.
    let rarity: [Float]
    /// n(i)^-damping of each item.
    let damping: [Float]
    /// |I(r)|^-activity of each reader.
    let activity: [Float]

    init(_ readership: Readership, _ vote: ReaderVote) {
        self.vote = vote
        rarity = readership.itemPowers(vote.rarity)
        damping = readership.itemPowers(vote.damping)
        activity = readership.readerPowers(vote.activity)
    }
}
