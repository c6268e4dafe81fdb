"""What a header suggests of when its column was filled in, in the languages that lead lists are written in."""

import re
from typing import Literal, NamedTuple

from leadscore_core.data.schema.header_words import normalise_header, words_of

NameKind = Literal["name", "counter", "calendar"]


class Suspicion(NamedTuple):
    """What a header gives rise to: a column filled in afterwards, one that goes on counting, or one of the calendar."""

    kind: NameKind
    why: str


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_AFTERWARDS = (
    (
        _set(
            "tag tags status substatus stage lifecycle disposition remark remarks comment comments note notes feedback "
            "stufe etappe notiz notizen bemerkung bemerkungen kommentar stand statut etape remarque remarques "
            "commentaire etapa fase situacion estado comentario comentarios observaciones etiquetas situacao "
            "observacoes stato commenti lossreason nextstep"
        ),
        "people write it down as they talk",
    ),
    (
        _set(
            "quality profile rating score index grade priority probability forecast qualitat bewertung prioritat "
            "wahrscheinlichkeit prognose punkte punktzahl qualite priorite probabilite prevision calidad prioridad "
            "probabilidad puntuacion puntaje qualidade probabilidade pontuacao prioridade qualita punteggio"
        ),
        "it judges the lead, with hindsight",
    ),
    (
        _set(
            "last latest recent recency modified updated letzte letzter letztes letzten zuletzt geandert aktualisiert "
            "dernier derniere derniers modifie recence ultimo ultima ultimos ultimas recencia reciente modificado "
            "actualizado atualizado modificato lastmodified lastmodifieddate lastactivity lastactivitydate lastupdated"
        ),
        "it is overwritten as the lead goes on",
    ),
    (
        _set(
            "close closed won lost converted conversion enrolled paid invoice outcome result closedate isclosed iswon "
            "abschluss abschlussdatum gewonnen verloren bezahlt rechnung ergebnis cloture gagne perdu paye facture "
            "resultat cierre ganado perdido pagado factura resultado fechamento ganho pago fatura chiusura vinto perso "
            "pagato fattura esito"
        ),
        "it sounds like the outcome itself",
    ),
    (
        _set("duration elapsed cycle dauer laufzeit duracion duracao duree durata"),
        "it may have been measured until the outcome",
    ),
)
_UNTIL = re.compile(
    r"\b(days?|weeks?|months?|hours?|minutes?|time) (to|until|till|through|in) (close|closing|convert|conversion|win|"
    r"won|sale|sign|stage|pipeline|decision|purchase)\b|\b(tage|wochen) bis\b|\b(dias|dia) (hasta|ate)\b|"
    r"\bjours? (jusqu|avant)\b|\bgiorni (fino|alla)\b|\b(through|to) closing\b"
)
_COUNTERS = _set(
    "total count visits views pageviews times sessions clicks opens opened calls contacts touches touchpoints "
    "activities interactions messages emails mails sent hits minutes seconds logins "
    "besuche aufrufe anrufe klicks sitzungen kontakte verweildauer visitas clics llamadas sesiones contactos paginas "
    "visites vues appels pages cliques ligacoes chamadas sessoes visite chiamate clic"
)
_COUNTING = re.compile(
    r"\bnumber of\b|\bnum(ero)? (de|of)\b|"
    r"\b(time|tiempo|tempo|temps|zeit) (spent|on|auf|en|no|na|sur|sul|passe|online)\b"
)
_CALENDAR = _set(
    "day month weekday week quarter hour year monat tag wochentag woche quartal stunde jahr dia mes semana trimestre "
    "hora ano mois jour semaine heure annee mese giorno settimana ora anno"
)
_OF_A_LIFE = _set(
    "birth born built founded established model graduation passing manufacture geburt geburtstag baujahr gegrundet "
    "nacimiento fundacion naissance nascimento nascita per pro por par"
)
_SQUEEZED = re.compile(
    r"^(is)?(closed|won|converted)(date|flag)?$|^close(d)?date|(lifecycle|deal|sales)stage|stagename$|"
    r"^(lead|deal|contact)(status|score|stage)$|^last(modified|activity|contacted|updated|viewed|login|notable)"
)
_KNOWN_BEFORE = re.compile(
    r"\b(marital|civil|family|employment|work|job|housing|home|education|smoking) status\b|\b(last|family) name\b|"
    r"\b(estado|stato) civile?\b|\bstatut (marital|familial)\b"
)


def suspect_name(header: str) -> Suspicion | None:
    """Return what a header suggests, or None where it suggests nothing; it is a question and never evidence.

    Examples
    --------
    >>> [found.kind if (found := suspect_name(h)) else None for h in ("LastActivity", "closedate", "Anzahl Besuche")]
    ['name', 'name', 'counter']
    >>> suspect_name("Marital Status"), suspect_name("Month").why
    (None, 'it is a time whose base rate may not come again')
    """
    plain = " ".join(words_of(header))
    words = set(_KNOWN_BEFORE.sub("", plain).split())
    for known, why in _AFTERWARDS:
        if words & known:
            return Suspicion("name", why)
    if words and _SQUEEZED.search(normalise_header(header)):
        return Suspicion("name", "it is filled in as the lead goes on")
    if _UNTIL.search(plain):
        return Suspicion("name", "it ends with the outcome")
    if words & _COUNTERS or _COUNTING.search(plain):
        return Suspicion("counter", "it may have gone on counting until the outcome")
    if words & _CALENDAR and not words & _OF_A_LIFE:
        return Suspicion("calendar", "it is a time whose base rate may not come again")
    return None
