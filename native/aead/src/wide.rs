//! ChaCha20 that XORs text and key stream eight bytes at a time.
//!
//! `cipher` does it byte by byte and relies on the vectoriser, which is off when the program is linked for size: it took twice as long
//! as the key stream itself.

use chacha20::ChaCha20;
use chacha20::cipher::{
    InOutBuf, Iv, IvSizeUser, Key, KeyIvInit, KeySizeUser, OverflowError, SeekNum, StreamCipher, StreamCipherError,
    StreamCipherSeek,
};

/// Key stream per step: several blocks, which are computed in parallel.
const STREAM_BYTES: usize = 1024;

const WORD_BYTES: usize = size_of::<u64>();

pub(crate) struct Wide(ChaCha20);

impl StreamCipher for Wide {
    fn check_remaining(&self, bytes: usize) -> Result<(), StreamCipherError> {
        self.0.check_remaining(bytes)
    }

    fn unchecked_apply_keystream_inout(&mut self, text: InOutBuf<'_, '_, u8>) {
        let mut stream = [0; STREAM_BYTES];
        for piece in text.into_out_with_copied_in().chunks_mut(STREAM_BYTES) {
            let (stream, _) = stream.split_at_mut(piece.len());
            self.0.unchecked_write_keystream(stream);
            combine(piece, stream);
        }
    }

    fn unchecked_write_keystream(&mut self, stream: &mut [u8]) {
        self.0.unchecked_write_keystream(stream);
    }
}

fn combine(text: &mut [u8], stream: &[u8]) {
    let (words, rest) = text.as_chunks_mut::<WORD_BYTES>();
    let (stream_words, stream_rest) = stream.as_chunks::<WORD_BYTES>();
    for (word, stream) in words.iter_mut().zip(stream_words) {
        *word = (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*stream)).to_ne_bytes();
    }
    rest.iter_mut().zip(stream_rest).for_each(|(byte, stream)| *byte ^= stream);
}

impl StreamCipherSeek for Wide {
    fn try_current_pos<T: SeekNum>(&self) -> Result<T, OverflowError> {
        self.0.try_current_pos()
    }

    fn try_seek<T: SeekNum>(&mut self, position: T) -> Result<(), StreamCipherError> {
        self.0.try_seek(position)
    }
}

impl KeySizeUser for Wide {
    type KeySize = <ChaCha20 as KeySizeUser>::KeySize;
}

impl IvSizeUser for Wide {
    type IvSize = <ChaCha20 as IvSizeUser>::IvSize;
}

impl KeyIvInit for Wide {
    fn new(key: &Key<Self>, nonce: &Iv<Self>) -> Self {
        Self(ChaCha20::new(key, nonce))
    }
}
