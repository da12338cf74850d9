class FlowUniPCMultistepScheduler:
    def __init__(self, num_train_timesteps=1000, shift=None):
        assert shift == 1
