"""The fifteen mouth shapes that speech needs, and the names other tools give them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from talkies.core.alignment import SILENCE
from talkies.core.phonemes import INVENTORY, NEUTRAL, Kind, Phone, Place


class Viseme(StrEnum):
    """The set of MPEG-4 and Oculus LipSync: what is seen, not what is heard."""

    SIL = "sil"  # lips at rest
    PP = "pp"  # lips closed: p b m
    FF = "ff"  # lower lip under the upper teeth: f v
    TH = "th"  # tongue between the teeth: θ ð
    DD = "dd"  # tongue tip to the ridge: t d
    KK = "kk"  # back of the tongue raised: k ɡ h
    CH = "ch"  # lips pushed forward, teeth together: tʃ ʃ ʒ
    SS = "ss"  # teeth together, lips spread: s z
    NN = "nn"  # tongue tip seen behind the teeth: n l
    RR = "rr"  # lips slightly rounded: ɹ ɝ
    AA = "aa"  # wide open: ɑ æ ʌ
    E = "e"  # half open, lips neutral: ɛ ə
    IH = "ih"  # nearly closed, lips spread: i ɪ
    OH = "oh"  # half open, rounded: o ɔ
    OU = "ou"  # nearly closed, puckered: u w


#: Names of Oculus LipSync (OVRLipSync), which Ready Player Me and others share.
OCULUS: Mapping[Viseme, str] = MappingProxyType({
    Viseme.SIL: "sil", Viseme.PP: "PP", Viseme.FF: "FF", Viseme.TH: "TH", Viseme.DD: "DD",
    Viseme.KK: "kk", Viseme.CH: "CH", Viseme.SS: "SS", Viseme.NN: "nn", Viseme.RR: "RR",
    Viseme.AA: "aa", Viseme.E: "E", Viseme.IH: "ih", Viseme.OH: "oh", Viseme.OU: "ou",
})  # fmt: skip

#: Preston Blair's mouth shapes, lettered as Rhubarb Lip Sync letters them. Its H, the raised
#: tongue of /l/, is no viseme of its own here: `preston_blair` knows it.
PRESTON_BLAIR: Mapping[Viseme, str] = MappingProxyType({
    Viseme.SIL: "X", Viseme.PP: "A", Viseme.FF: "G", Viseme.TH: "B", Viseme.DD: "B",
    Viseme.KK: "B", Viseme.CH: "B", Viseme.SS: "B", Viseme.NN: "B", Viseme.RR: "E",
    Viseme.AA: "D", Viseme.E: "C", Viseme.IH: "B", Viseme.OH: "E", Viseme.OU: "F",
})  # fmt: skip

_BY_PLACE: Mapping[Place, Viseme] = MappingProxyType(
    {
        Place.BILABIAL: Viseme.PP,
        Place.LABIODENTAL: Viseme.FF,
        Place.DENTAL: Viseme.TH,
        Place.ALVEOLAR: Viseme.DD,
        Place.POSTALVEOLAR: Viseme.CH,
        Place.RETROFLEX: Viseme.DD,
        Place.PALATAL: Viseme.IH,
        Place.VELAR: Viseme.KK,
        Place.UVULAR: Viseme.KK,
        Place.PHARYNGEAL: Viseme.KK,
        Place.GLOTTAL: Viseme.KK,
    }
)

#: Where manner shows more than place does.
_BY_KIND_AND_PLACE: Mapping[tuple[Kind, Place], Viseme] = MappingProxyType(
    {
        (Kind.FRICATIVE, Place.ALVEOLAR): Viseme.SS,
        (Kind.FRICATIVE, Place.RETROFLEX): Viseme.CH,
        (Kind.AFFRICATE, Place.RETROFLEX): Viseme.CH,
        (Kind.AFFRICATE, Place.PALATAL): Viseme.CH,
        (Kind.NASAL, Place.ALVEOLAR): Viseme.NN,
        (Kind.NASAL, Place.RETROFLEX): Viseme.NN,
        (Kind.NASAL, Place.PALATAL): Viseme.NN,
        (Kind.LATERAL, Place.ALVEOLAR): Viseme.NN,
        (Kind.LATERAL, Place.RETROFLEX): Viseme.NN,
        (Kind.LATERAL, Place.PALATAL): Viseme.NN,
        (Kind.APPROXIMANT, Place.ALVEOLAR): Viseme.RR,
        (Kind.APPROXIMANT, Place.RETROFLEX): Viseme.RR,
        (Kind.PLOSIVE, Place.PALATAL): Viseme.KK,
        (Kind.CLICK, Place.PALATAL): Viseme.DD,
    }
)

#: Sounds whose lips do not follow from manner and place.
_BY_SYMBOL: Mapping[str, Viseme] = MappingProxyType({
    "ɕ": Viseme.CH, "ʑ": Viseme.CH, "ɚ": Viseme.RR, "ɝ": Viseme.RR,
})  # fmt: skip

#: Vowels at least this open, on the scale of `Phone.openness`, show the mouth wide open.
_WIDE = 0.7
#: Back vowels are wide open from here on.
_WIDE_BACK = 0.6
#: Vowels at most this open show nearly closed lips.
_NARROW = 0.25


def _of_vowel(phone: Phone) -> Viseme:
    if phone.rounded:
        return Viseme.OU if phone.openness <= _NARROW else Viseme.OH
    if phone.openness <= _NARROW:
        return Viseme.IH
    wide = _WIDE_BACK if phone.backness == 1 else _WIDE
    return Viseme.AA if phone.openness >= wide else Viseme.E


def _of_consonant(phone: Phone) -> Viseme:
    if phone.rounded or phone.place is None:
        return Viseme.OU
    return _BY_KIND_AND_PLACE.get((phone.kind, phone.place), _BY_PLACE[phone.place])


def _of_phone(phone: Phone) -> tuple[Viseme, ...]:
    if phone.parts:
        return tuple(_of_vowel(INVENTORY[part]) for part in phone.parts)
    if phone.symbol in _BY_SYMBOL:
        return (_BY_SYMBOL[phone.symbol],)
    return (_of_vowel(phone) if phone.is_vowel else _of_consonant(phone),)


_VISEMES = {SILENCE: (Viseme.SIL,)} | {
    symbol: _of_phone(phone) for symbol, phone in INVENTORY.items()
}


def visemes_of(symbol: str) -> tuple[Viseme, ...]:
    """The mouth shapes of a canonical symbol or `SILENCE`: two for a diphthong, else one."""
    return _VISEMES.get(symbol, _VISEMES[NEUTRAL])


def preston_blair(symbol: str) -> tuple[str, ...]:
    """Rhubarb's letters (A to H and X) for a canonical symbol or `SILENCE`."""
    phone = INVENTORY.get(symbol)
    if phone is not None and phone.kind is Kind.LATERAL:
        return ("H",)
    return tuple(PRESTON_BLAIR[viseme] for viseme in visemes_of(symbol))
