"""Words that carry a feeling, in several languages: few, common, and seldom meant otherwise.

A star stands for any ending.
"""

from collections.abc import Mapping
from types import MappingProxyType

from talkies.core.direction.faces import Feeling

#: Words of a language (ISO 639-1) by feeling.
WORDS: Mapping[str, Mapping[Feeling, str]] = MappingProxyType({
    "en": {
        Feeling.HAPPY: """
            happy happily happiness glad good great nice lovely love loves loved beautiful*
            wonderful* pleased pleasure thank* welcome enjoy* fun funny smil* hello hi
            congratulation* delicious perfect* proud* yay
        """,
        Feeling.DELIGHTED: """
            amazing* fantastic* awesome brilliant* delighted hooray incredible thrilled excellent
            marvel* magnificent* hurrah excited exciting
        """,
        Feeling.SURPRISED: """
            wow surprise* surprising* suddenly unbelievable gosh unexpected* astonish* whoa
        """,
        Feeling.WORRIED: """
            worr* afraid fear* scared nervous* anxious* danger* unfortunately problem* trouble*
            careful* risk* concern* uncertain warning fail*
        """,
        Feeling.SAD: """
            sad sadly sadness sorry unhappy missed lost lonely alas cry cried tears died death
            regret* disappoint* hurt* grief terrible terribly tragic*
        """,
        Feeling.ANGRY: """
            angry anger furious hate* hated awful stupid outrag* annoy* unacceptable ridiculous
            disgust*
        """,
    },
    "de": {
        Feeling.HAPPY: """
            froh* glücklich* freu* freude gut* schön* toll* lieb* danke* willkommen hallo spaß
            lächel* lachen lacht lache lachte herzlich* gern* lecker* perfekt*
            stolz*
        """,
        Feeling.DELIGHTED: """
            wunderbar* fantastisch* großartig* begeister* hurra unglaublich* ausgezeichnet*
            herrlich* genial* juhu
        """,
        Feeling.SURPRISED: """
            wow überrasch* plötzlich* erstaun* huch oho
        """,
        Feeling.WORRIED: """
            sorge* besorgt* angst ängstlich* fürcht* gefahr* gefährlich* leider problem* vorsicht*
            nervös* unsicher* warnung schwierig*
        """,
        Feeling.SAD: """
            traurig* trauer* schade entschuldig* verloren einsam* wein* gestorben tot verlust*
            enttäusch* schrecklich* tragisch* unglücklich*
        """,
        Feeling.ANGRY: """
            wütend* wut zornig* ärger* hass* furchtbar* dumm* empör* unverschämt* lächerlich*
        """,
    },
    "fr": {
        Feeling.HAPPY: """
            heureux heureuse* content* bon bonne* beau belle* joli* aime* aimer merci bienvenue
            bonjour salut plaisir sourire* rire amusant* délicieux délicieuse
            parfait* fier* joie
        """,
        Feeling.DELIGHTED: """
            merveill* fantastique* formidable* génial* magnifique* incroyable* ravi* hourra
            excellent* superbe*
        """,
        Feeling.SURPRISED: """
            oh surpris* surprise* soudain* étonn* tiens inattendu*
        """,
        Feeling.WORRIED: """
            inquiet* inquiète* peur crain* danger* dangereu* malheureusement problème* attention
            nerveu* risque* souci*
        """,
        Feeling.SAD: """
            triste* tristesse désolé* pleur* perdu* hélas mort morte regrett* déçu* terrible*
            tragique* malheureux malheureuse*
        """,
        Feeling.ANGRY: """
            colère furieu* déteste* haine stupide* scandaleu* ridicule* inacceptable* énerv*
        """,
    },
    "es": {
        Feeling.HAPPY: """
            feliz felices contento* contenta* alegr* bueno* buena* buen bonit* hermos* gracias
            bienvenid* hola amor amo encanta* gusta* gusto sonr* risa* divertid* delicios*
            perfect* orgullos*
        """,
        Feeling.DELIGHTED: """
            maravill* fantástic* genial* increíble* estupend* excelente* magnífic* hurra
            espectacular*
        """,
        Feeling.SURPRISED: """
            sorpres* sorprend* repente vaya guau asombr* inesperad*
        """,
        Feeling.WORRIED: """
            preocup* miedo* temor* temo temes teme temen peligr* desgraciadamente lamentablemente
            problema* cuidado nervios* riesgo*
        """,
        Feeling.SAD: """
            triste* tristeza siento perdón llor* perdid* muert* pena lástima decepcion* terrible*
            trágic*
        """,
        Feeling.ANGRY: """
            enojad* enfadad* furios* odi* rabia estúpid* ridícul* inaceptable* basta
        """,
    },
    "it": {
        Feeling.HAPPY: """
            felice* felici content* allegr* buono buona buoni buone buon bello bella belli belle
            grazie benvenut* ciao buongiorno amo amore piace piacere sorri* rido ridi ride ridere
            riso divertent* delizios* perfett* fier*
        """,
        Feeling.DELIGHTED: """
            meraviglios* fantastic* incredibil* stupend* eccellent* magnific* splendid* evviva
            entusiast* geniale
        """,
        Feeling.SURPRISED: """
            sorpres* sorprend* improvvis* wow accidenti stupit* inattes*
        """,
        Feeling.WORRIED: """
            preoccup* paura timore temo temi teme pericol* purtroppo problem* attenzione nervos*
            rischi* ansia ansios*
        """,
        Feeling.SAD: """
            trist* dispiace scus* piang* perso persa persi perse morto morta morti morte peccato
            delus* terribil* tragic* infelic*
        """,
        Feeling.ANGRY: """
            arrabbiat* furios* odio odi* rabbia stupid* ridicol* inaccettabil* basta
        """,
    },
    "pt": {
        Feeling.HAPPY: """
            feliz felizes content* alegr* bom boa bons boas bonit* lind* obrigad* olá amor amo
            adoro gosto prazer sorri* divertid* delicios* perfeit* orgulh*
        """,
        Feeling.DELIGHTED: """
            maravilh* fantástic* incrível incríveis ótim* excelente* magnífic* espetacular* genial
            viva
        """,
        Feeling.SURPRISED: """
            surpres* surpreend* repente uau espant* inesperad*
        """,
        Feeling.WORRIED: """
            preocup* medo* receio perig* infelizmente problema* cuidado nervos* risco*
        """,
        Feeling.SAD: """
            triste* tristeza desculp* chor* perdid* sozinh* morreu morte pena saudade* decepcion*
            terríve* trágic*
        """,
        Feeling.ANGRY: """
            zangad* furios* ódio odei* raiva estúpid* ridícul* inaceitáve* basta
        """,
    },
})  # fmt: skip

#: Words that turn the words after them round.
NEGATIONS: Mapping[str, str] = MappingProxyType({
    "en": """
        not no never don't doesn't didn't isn't wasn't aren't can't won't nothing without
        neither nor cannot
    """,
    "de": "nicht kein keine keinen keiner keinem nie niemals ohne nichts",
    "fr": "pas jamais rien sans aucun aucune non ni",
    "es": "no nunca jamás nada sin tampoco ni",
    "it": "non mai niente nulla senza né",
    "pt": "não nunca jamais nada sem nem",
})  # fmt: skip
