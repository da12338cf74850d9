hop_size, sample_rate, n_fft, num_mels = 200, 16000, 800, 80
