"""Words of headers: what a header says of its column, in the languages that lead lists are written in."""

import re
import unicodedata
from functools import cache, lru_cache

from leadscore_core.data.schema.schema import Role


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PHONE = _set(
    "phone phones telephone telephones tel mobile mobiles cell cellphone cellular whatsapp landline gsm msisdn "
    "handy telefon telefonnummer mobil mobilnummer mobiltelefon mobilfunk mobilfunknummer rufnummer "
    "handynummer festnetz portable telefono telefonos movil celular celulares telefone telefones telemovel "
    "cellulare telefoon mobiel komorka mobilephone workphone homephone phonenumber mobilenumber telephone1 "
    "telephone2 telephone3 ph mob tlf fon fone hp gsm cel"
)
_RELATIVES = _set(
    "parent parents parental guardian guardians father fathers mother mothers dad mom mum s eltern elternteil vater "
    "mutter pere mere padre madre padres tutor genitore genitori pai mae pais"
)
_OTHER = _set("alternate alternative alternativo alternativa alt secondary other additional another backup emergency")
_LITTLE = _set("of the du la el del do da di des der die das d")
_EMAIL = _set(
    "email emails mail mails courriel correo e emailaddress emailaddress1 emailaddress2 emailaddress3 "
    "mailadresse emailadresse emailid"
)
_EMAIL_TAIL = _set(
    "address addresses adresse id ids electronico eletronico electronica electronique posta indirizzo de"
)
_PHONE_TAIL = _set("number numbers no nr num nummer numero numeros de")
_QUALIFIERS = _set(
    "work home office business primary secondary alternate alternative alternativo other another personal "
    "private main direct lead leads contact contacts customer client student prospect person people applicant "
    "candidate member patient guest pupil donor buyer your my the preferred default additional second first "
    "third 1 2 3 4 5 privat geschaftlich dienstlich arbeit professionnel professionnelle personnel particular "
    "casa trabajo trabalho oficina principal fixe fijo fixo lavoro ufficio i ii alt self own registered residence "
    "residential resi best calling day evening emergency backup"
)
_FIRST = _set(
    "first given fore firstname forename givenname vorname prenom prenoms nombre nombres nome imie voornaam "
    "fname firstnames vor имя meno jmeno ime prenume fornavn fornamn etunimi"
)
_MIDDLE = _set("middle middlename mname")
_LAST = _set(
    "last family sur lastname surname familyname nachname familienname zuname nom apellido apellidos sobrenome "
    "apelido cognome nazwisko achternaam lname lastnames фамилия prijmeni priezvisko prezime nume etternavn efternavn "
    "efternamn sukunimi soyad soyadi"
)
_AND = _set("and und et en og och ja i a и si in ve")
_NEEDS_NAME = _set("first given fore middle last family sur")
_WHOSE = _QUALIFIERS - {"first", "second", "third"}
_NAME = _set("name names")
_NAMED = _set("name nome nombre nom navn namn naam nama nume")
_FULL = _set(
    "full fullname complete completo complet display leadname contactname voller vollstandiger volledige lengkap "
    "fullstandigt fulde fullt complets completos"
)
# whole names in one word or a fixed phrase
_WHOLE_NAMES = (
    "ФИО|Ф.И.О.|Фамилия Имя Отчество|Полное имя|ПІБ|Ім'я|नाम|पूरा नाम|ग्राहक का नाम|姓名|名前|お名前|"
    "氏名|ご氏名|客户姓名|聯絡人姓名|이름|성명|성함|الاسم|الاسم الكامل|שם|שם מלא|Ονοματεπώνυμο|Όνομα|"
    "Họ và tên|Họ tên|ชื่อ|ชื่อ-นามสกุล|Név|Teljes név|Nama|Naam|Navn|For- og etternavn|"
    "For- og efternavn|För- och efternamn|İsim|İsim Soyisim|Ad Soyad|Adı Soyadı|Namn|Nimi|Koko nimi|"
    "নাম|பெயர்|పేరు|ಹೆಸರು|പേര്|નામ|ਨਾਮ|نام"
)
_SOMEBODY_ELSE = _set(
    "owner owners agent agents rep reps representative salesperson salesman seller manager created creator "
    "modified modifier updated updater assigned assignee account accounts company companies firm firma "
    "organisation organization organizacion employer parent referrer referred referral referee assistant "
    "spouse partner vendor dealer counsellor counselor advisor adviser consultant support team user users "
    "author editor recruiter executive caller telecaller branch branches store shop showroom outlet centre center "
    "school college university institute campus clinic hospital hotel franchise franchisee department helpline hotline "
    "switchboard reception supplier broker doctor head filiale zentrale besitzer bearbeiter vertriebler propietario "
    "responsable proprietaire proprietario responsavel mitarbeiter verantwortlicher betreuer unternehmen "
    "entreprise empresa azienda societe"
)
_CREATED = _set(
    "create created creation createdate createdat createdon createddate datecreated enquiry inquiry enquired "
    "submitted submission received signup registered registration entry entered captured inserted added "
    "arrival eingang eingangsdatum eingegangen erstellt erstelldatum erstellungsdatum angelegt anlagedatum "
    "erfasst anfrage anfragedatum cree creee recu recue creado creada creacion ingreso alta recibido creato "
    "creata creazione ricevuto criado criada criacao entrada recebido cadastro aangemaakt utworzono timestamp "
    "leaddate joined first applied"
)
_LATER = _set(
    "modified modify modification updated update changed change last latest recent recently closed close "
    "closing due expected expires expiry expiration next follow followup activity contacted called converted "
    "birth birthday dob deleted assigned resolved paid payment won lost qualified disqualified end ended "
    "renewal scheduled meeting appointment demo response responded engagement viewed opened clicked geandert "
    "anderung aktualisiert letzte letzter letztes abschluss abschlussdatum faellig geburtstag geburtsdatum "
    "nachste derniere dernier modifie modifiee cloture naissance prochaine ultima ultimo ultimas modificado "
    "modificada modificacion cierre vencimiento nacimiento proxima modifica modificata chiusura scadenza "
    "nascita modificacao fechamento nascimento lastmodifieddate modifiedon lastactivitydate closedate "
    "systemmodstamp"
)
_DAY = _set(
    "date dates datetime timestamp day time on at when moment datum zeit zeitpunkt am fecha hora data heure "
    "jour le dt createdate createdat createdon createddate datecreated leaddate"
)
_ID = _set(
    "id ids no nr number num key ref reference uuid guid code nummer numero kennung schlussel identifier "
    "identificador recordid leadid contactid prospectid"
)
_NUMBER = _set("no nr number num nummer numero")
_OWN_ID = _set(
    "lead leads record prospect contact customer enquiry inquiry application applicant student candidate "
    "person client member subscriber opportunity crm leadid recordid contactid prospectid"
)
_OTHER_ID = _SOMEBODY_ELSE | _set(
    "campaign ad adset adgroup form page product course source medium list batch segment branch store "
    "converted associated region country city zip postal pin phone mobile session click gclid fbclid cookie "
    "device ip sic area dialing invoice tax vat gst pan industry"
)
_PLACE = _set(
    "region regions country countries continent geo geography territory market land pais pays area zone state nation"
)
_NOTE = _set(
    "note notes comment comments remark remarks message messages description feedback question questions query about "
    "notiz notizen bemerkung bemerkungen kommentar nachricht beschreibung remarque remarques commentaire commentaires "
    "message comentario comentarios observaciones mensaje descripcion observacoes mensagem descricao note commenti "
    "messaggio descrizione opmerking opmerkingen bericht uwagi wiadomosc"
)


@lru_cache(maxsize=8_192)
def words_of(header: str) -> tuple[str, ...]:
    """Return the words of a header in lower case without accents; ``LeadSource`` has two.

    Examples
    --------
    >>> words_of("Person - E-Mail (Work)"), words_of("MobilePhone2"), words_of("Téléphone")
    (('person', 'e', 'mail', 'work'), ('mobile', 'phone', '2'), ('telephone',))
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", header) if not unicodedata.combining(c))
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z]{3})(?=\d)|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    words = re.sub(r"[\W_]+", " ", split).casefold().replace("whats app", "whatsapp").split()
    return tuple(word for place, word in enumerate(words) if not (place and word == "c" and place == len(words) - 1))


@lru_cache(maxsize=8_192)
def normalise_header(header: str) -> str:
    """Reduce a header to lower-case letters and digits.

    Examples
    --------
    >>> normalise_header(" First UTM-Source ")
    'firstutmsource'
    """
    return re.sub(r"[^\w]|_", "", unicodedata.normalize("NFKD", header)).casefold()


_ROLES: tuple[tuple[Role, str], ...] = (
    (
        Role.CITY,
        r"^((mailing|billing|lead|contact|home) )?(city|town|ort|stadt|wohnort|ville|ciudad|cidade|citta|stad|"
        r"woonplaats|miasto|mesto|sehir|город|城市)$",
    ),
    (
        Role.SOURCE,
        r"^(?!.*\b(country|pays|pais|paese|land|kraj)\b).*\b(source|quelle|herkunft|fuente|origen|origine|origem|fonte|"
        r"provenance|provenienza|procedencia|herkomst|bron|kilde|kalla|zdroj|zr[oó]d[lł]o|kaynak|источник|来源|來源)"
        r"( type| leada?| (du|de|del|do|des|van) (leads?|prospects?|contacto?s?))?$",
    ),
    (Role.MEDIUM, r"\b(medium|channel|kanal|canal|canale)$"),
    (Role.PLATFORM, r"\b(platform|device|device type|plattform)$"),
)


def base_header(header: str, headers: tuple[str, ...]) -> str:
    """Return the header without the number that a second column of the same name was given.

    Examples
    --------
    >>> base_header("Lead Source.1", ("Lead Source", "Lead Source.1"))
    'Lead Source'
    """
    base, dot, number = header.rpartition(".")
    return base if dot and number.isdigit() and base in headers else header


@lru_cache(maxsize=8_192)
def contact_role(header: str) -> Role | None:
    """Return whether a header names a phone, an e-mail or a name of the lead itself.

    Every word must belong to such a name, so that ``Phone verified`` and ``Owner Email`` are none.

    Examples
    --------
    >>> [str(contact_role(h)) for h in ("Mobile Number", "Work E-mail", "Vorname", "Owner Email", "Email Opt Out")]
    ['phone', 'email', 'name', 'None', 'None']
    """
    words = set(words_of(header))
    whose = _QUALIFIERS | _RELATIVES | _LITTLE
    if words & _PHONE and words <= _PHONE | _PHONE_TAIL | whose:
        return Role.PHONE
    if words & (_EMAIL - {"e"}) and words <= _EMAIL | _EMAIL_TAIL | whose:
        return Role.EMAIL
    if name_part(header) is not None:
        return Role.NAME
    return Role.PHONE if may_be_phone(header) else None


def may_be_phone(header: str) -> bool:
    """Tell whether a header may name a phone without saying so, which only its cells can.

    Examples
    --------
    >>> [may_be_phone(h) for h in ("Alternate Number", "Secondary Contact", "Contact No.", "Phone", "Lead No")]
    [True, True, True, False, False]
    """
    words = set(words_of(header))
    if words & _PHONE or not words <= _PHONE_TAIL | _QUALIFIERS | _RELATIVES | _LITTLE:
        return False
    further = words & (_OTHER | (_RELATIVES - {"s"}))
    if "contact" in words:
        return bool(further or words & _PHONE_TAIL or words & {"1", "2", "3", "second", "primary"})
    return bool((further or words & {"calling", "best"}) and words & (_PHONE_TAIL - {"de"}))


def name_part(header: str) -> int | None:
    """Return the place of a part of a name: 0 for a whole name, 1 first, 2 middle, 3 last; None for anything else.

    Examples
    --------
    >>> [name_part(h) for h in ("Full Name", "FirstName", "Middle Name", "Apellidos", "Campaign Name", "First source")]
    [0, 1, 2, 3, None, None]
    >>> [name_part(h) for h in ("Imię i nazwisko", "Vor- und Nachname", "Nome completo", "ФИО", "姓名")]
    [0, 0, 0, 0, 0]
    """
    if normalise_header(header) in _whole_names():
        return 0
    words = [word for word in words_of(header) if word not in {"de", "y", "e"}]
    inner = set(words) - _NAME
    asks_name = bool(set(words) & _NAME)
    for place, known in ((1, _FIRST), (2, _MIDDLE), (3, _LAST)):
        said = inner & known
        if said and inner <= known | _WHOSE and (asks_name or not said <= _NEEDS_NAME):
            return place
    is_clear = asks_name or bool((inner & (_FIRST | _LAST)) - _NEEDS_NAME)
    if is_clear and inner & _FIRST and inner & _LAST and inner <= _FIRST | _MIDDLE | _LAST | _WHOSE | _AND:
        return 0
    if inner & _NAMED and inner & _FULL and inner <= _NAMED | _FULL | _WHOSE:
        return 0
    if asks_name and inner <= _FULL | _WHOSE:
        return 0
    return 0 if len(inner) == 1 and inner <= {"fullname", "leadname", "contactname"} else None


@cache
def _whole_names() -> frozenset[str]:
    return frozenset(map(normalise_header, _WHOLE_NAMES.split("|")))


def is_somebody_elses(header: str) -> bool:
    """Tell whether a header speaks of whoever owns the lead, its company or anybody but the lead.

    Examples
    --------
    >>> is_somebody_elses("Last Modified By"), is_somebody_elses("Email")
    (True, False)
    """
    return bool(set(words_of(header)) & _SOMEBODY_ELSE)


def moment_rank(header: str) -> int:
    """Return how well a header names when a lead came: 2 by name, 1 a date of no kind, 0 no date, -1 a later one.

    Examples
    --------
    >>> [moment_rank(h) for h in ("Create Date", "createdate", "Datum", "Income", "Last Modified Date")]
    [2, 2, 1, 0, -1]
    """
    words = set(words_of(header))
    if words & _LATER and not words & (_CREATED - {"first", "entry", "added"}) or {"last", "modified"} <= words:
        return -1
    if words & (_CREATED - {"first"}) or ({"first"} <= words and words & _DAY):
        return 2
    return 1 if words & _DAY else 0


def id_rank(header: str) -> int:
    """Return how well a header names the lead's own number: 2 by name, 1 some number, 0 none, -1 something else's.

    Examples
    --------
    >>> [id_rank(h) for h in ("Lead No", "Record ID", "ID", "Revenue", "Campaign ID", "Lead", "No. of visits")]
    [2, 2, 1, 0, -1, 0, 0]
    """
    said = words_of(header)
    words = set(said)
    counted = not words & (_ID - _NUMBER) and (said[-1:] == () or said[-1] not in _NUMBER)
    if counted or not words & _ID:
        return 0
    if words & _OTHER_ID:
        return -1
    if words & _OWN_ID:
        return 2
    return 1 if words & (_ID - _NUMBER) or len(said) == 1 else 0


def is_place(header: str) -> bool:
    """Tell whether a header names regions or countries, of which ``NA`` may be one.

    Examples
    --------
    >>> is_place("Sales Region"), is_place("Grade")
    (True, False)
    """
    return bool(set(words_of(header)) & _PLACE)


def is_note(header: str) -> bool:
    """Tell whether a header names what somebody wrote freely.

    Examples
    --------
    >>> is_note("Sales Notes"), is_note("Company")
    (True, False)
    """
    return bool(set(words_of(header)) & _NOTE)


def named_role(header: str) -> Role | None:
    """Return whether a header names a city, or the source, medium or platform that a lead came by.

    Examples
    --------
    >>> print(named_role("Lead Source"), named_role("Herkunft"), named_role("Pays d'origine"))
    source source None
    """
    plain = " ".join(words_of(header))
    return next((role for role, pattern in _ROLES if re.search(pattern, plain)), None)
