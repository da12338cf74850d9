from stub_wav2vec import Wav2Vec2Model as Wav2Vec2Model
