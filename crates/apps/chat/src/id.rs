//! Chat's ids.

kernel::ids! {
    /// A channel, direct conversations included.
    ChannelId = "chn";
    /// A message.
    MessageId = "msg";
}
::store::id_columns!(ChannelId MessageId);
