WAN_CONFIGS = {"infinitetalk-14B": "the configuration"}
