"""Names of the invented residents: common given names and surnames of many origins, written for this demo.

Many surnames are put together from parts, so that a large council has as many as a real one. Where a language
changes the surname with sex (Kowalski, Kowalska), both forms are held. No name is taken from any delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass(frozen=True)
class Origin:
    """One origin: its share of households, ethnic groups (code → share) and names, most common first."""

    code: str
    share: float
    ethnic: dict[int, float]
    male: tuple[str, ...]
    female: tuple[str, ...]
    surnames: tuple[tuple[str, str], ...]
    older_male: tuple[str, ...] = ()
    older_female: tuple[str, ...] = ()


def _same(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in text.split())


def _built(heads: str, tails: str) -> tuple[tuple[str, str], ...]:
    return tuple((head + tail, head + tail) for tail in tails.split() for head in heads.split())


def _forms(stems: str, male: str, female: str) -> tuple[tuple[str, str], ...]:
    return tuple((stem + male, stem + female) for stem in stems.split())


def _w(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BRITISH = _same(
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patterson Robinson Wright Thompson Evans Walker White "
    "Roberts Green Hall Wood Harris Martin Jackson Clarke Clark Turner Hill Cooper Ward Morris Moore King Baker "
    "Harrison Morgan Allen James Scott Phillips Watson Davis Parker Bennett Price Griffiths Young Cook Shaw Kelly "
    "Mitchell Carter Richardson Bailey Collins Bell Murphy Miller Cox Marshall Simpson Anderson Adams Foster Ellis "
    "Palmer Mason Hunt Lloyd Rogers Gibson Barnes Knight Butler Webb Holmes Stevens Fisher Reid Dixon Hughes Fox "
    "Gray Rose Hart Lane Pearce Payne Burton Hawkins Nash Perry Woodward Chambers Gale Tucker Sutton Brooks Steele "
    "O'Neill O'Connor Smith-Jones Carter-Wood Hill-Brown"
)
_BRITISH_BUILT = _built(
    "Ash Bar Beck Black Bram Brad Brock Burn Cal Chal Crow Dun East Ell Fair Far Gains Ged Graf Hal Ham Hart Hazel "
    "Hol Ken Kings Lang Lea Mel Mid Net New Nor Oak Pen Rad Ram Red Roth Sand Shel Stan Sum Thorn Up Wal Wen West "
    "Whit Win Wood",
    "well ford ley ton den field brook worth more ham",
)
_ORIGINS = (
    Origin(
        "BRI",
        0.668,
        {1: 0.955, 4: 0.03, 9: 0.015},
        _w(
            "Oliver Jack Harry George Thomas James Daniel Joshua Samuel Luke Ryan Callum Jake Adam Liam Connor Ben Alfie "
            "Charlie Joseph William Matthew Alexander Nathan Aaron Lewis Kieran Jordan Ashley Bradley Kyle Scott Craig "
            "Lee Dean Stuart Gareth Simon Jason Darren Toby Leo Max Archie Freddie Theo Finley Mason Tyler Reece"
        ),
        _w(
            "Olivia Emily Jessica Amy Sophie Chloe Charlotte Lucy Megan Hannah Katie Emma Rebecca Lauren Georgia Bethany "
            "Abigail Holly Ellie Grace Ella Mia Poppy Ruby Lily Isla Evie Freya Daisy Molly Laura Sarah Gemma Kelly "
            "Natalie Stacey Kirsty Claire Nicola Donna Zoe Leanne Hayley Jodie Kerry Amber Paige Jade Kayleigh Imogen"
        ),
        _BRITISH + _BRITISH_BUILT,
        _w(
            "John David Peter Michael Robert Alan Brian Kenneth Ronald Derek Raymond Roy Dennis Terence Keith Roger "
            "Trevor Barry Malcolm Geoffrey Graham Colin Philip Gordon Norman Leonard Frederick Stanley Arthur Albert "
            "Anthony Paul Stephen Kevin Ian Martin Nigel Gary Andrew Mark Clive Frank Douglas Leslie"
        ),
        _w(
            "Margaret Jean Patricia Mary Sheila Barbara Joan Maureen Brenda Doreen Shirley Pamela Christine Susan Linda "
            "Carol Janet Judith Valerie Sandra Pauline Jacqueline Gillian Marion Beryl Joyce Dorothy Eileen Audrey "
            "Iris Rita Sylvia Hazel Julie Karen Deborah Tracey Sharon Jane Helen Alison Lesley Wendy Elaine"
        ),
    ),
    Origin(
        "IRL",
        0.030,
        {1: 1.0},
        _w("Sean Patrick Cian Conor Declan Eoin Brendan Niall Padraig Ciarán Diarmuid Fergal Ronan Séamus Tadhg Oisín"),
        _w("Siobhán Aoife Niamh Ciara Sinéad Orla Róisín Gráinne Bridget Maeve Deirdre Aisling Caoimhe Nuala Eimear"),
        _same(
            "Murphy Kelly O'Sullivan Walsh O'Brien Byrne Ryan O'Connor O'Reilly Doyle McCarthy Gallagher Doherty "
            "Kennedy Lynch Murray Quinn McLoughlin Connolly Daly Nolan Dunne Brennan Burke Keane Fitzgerald"
        ),
    ),
    Origin(
        "CAR",
        0.022,
        {2: 0.8, 4: 0.2},
        _w("Winston Delroy Leroy Carlton Errol Devon Marlon Jermaine Andre Tyrone Dwayne Curtis Desmond Neville Omari"),
        _w(
            "Yvonne Marcia Sonia Beverley Shanice Tanisha Paulette Monique Chantelle Latoya Jacinth Hyacinth Kezia Renee"
        ),
        _same(
            "Campbell Williams Brown Francis Gordon Grant Clarke Reid Lewis Bailey Blake Henry Samuels Powell Thomas "
            "Stewart Morrison McKenzie Dacosta Beckford Pinnock Whyte Lindo Nembhard Bogle"
        ),
    ),
    Origin(
        "NGA",
        0.058,
        {2: 0.93, 4: 0.03, 9: 0.04},
        _w(
            "Tunde Segun Emeka Chidi Babatunde Oluwaseun Femi Kunle Ikenna Obinna Chukwudi Kelechi Ayodele Damilola "
            "Emmanuel Samuel David Daniel Victor Michael Joshua Festus Sunday Uche Nnamdi Tobi"
        ),
        _w(
            "Ngozi Chioma Funmilayo Folake Adaeze Amaka Bukola Yetunde Titilayo Ifeoma Nkechi Omolara Temitope Blessing "
            "Grace Esther Mercy Joy Patience Favour Comfort Ruth Oluchi Simisola Zainab Aisha"
        ),
        _built("Ade Olu Ola Ayo Baba Oye Ogun Awo", "wale bayo yemi tunde sanya leke dele gbenga niyi kunle jobi")
        + _same(
            "Okafor Okonkwo Eze Nwosu Obi Nnamdi Chukwu Onyeka Igwe Uzor Abubakar Bello Musa Sani Danjuma Etim "
            "Bassey Effiong Idowu Balogun Lawal Salako Akintola Oduya Nwachukwu"
        ),
    ),
    Origin(
        "GHA",
        0.024,
        {2: 0.96, 9: 0.04},
        _w("Kwame Kofi Kwabena Yaw Kojo Kwesi Kwaku Emmanuel Isaac Ebenezer Prince Nana Samuel Michael Bernard"),
        _w("Akosua Ama Abena Yaa Efua Adwoa Afia Esi Gifty Mavis Comfort Vida Gloria Doris Priscilla"),
        _same(
            "Mensah Owusu Boateng Asante Osei Appiah Agyemang Addo Opoku Amoah Ofori Antwi Sarpong Darko Acheampong "
            "Adjei Frimpong Yeboah Quaye Tetteh Lamptey Nkrumah Gyasi Ansah Kyei"
        ),
    ),
    Origin(
        "ROU",
        0.036,
        {1: 0.98, 5: 0.02},
        _w(
            "Andrei Alexandru Ionuț Mihai Ștefan Cristian Florin Marius Bogdan Răzvan Gheorghe Vasile Nicolae Cătălin "
            "Sorin Costel Dănuț Vlad"
        ),
        _w(
            "Maria Elena Ioana Andreea Mihaela Cristina Alexandra Roxana Mădălina Daniela Gabriela Simona Ștefania "
            "Raluca Loredana Corina Bianca"
        ),
        _built("Con Ion Mun Dum Ol Băl Căl Dră Mol Rus", "escu eanu ache aru itru")
        + _same("Popa Radu Stan Rusu Marin Lupu Ciobanu Matei Șerban Tănase Țurcanu Voicu Dobre Preda Neagu Florea"),
    ),
    Origin(
        "POL",
        0.028,
        {1: 1.0},
        _w(
            "Piotr Krzysztof Andrzej Tomasz Paweł Łukasz Michał Marcin Jakub Kamil Grzegorz Wojciech Mateusz Rafał "
            "Sławomir Bartosz Zbigniew Wiesław"
        ),
        _w(
            "Anna Katarzyna Małgorzata Agnieszka Ewa Joanna Magdalena Monika Aleksandra Zofia Elżbieta Wioletta Beata "
            "Dorota Justyna Iwona Grażyna"
        ),
        _forms(
            "Kowal Wiśniew Wójcic Kamiń Lewandow Zieliń Szymań Dąbrow Kozłow Jankow Maz Jabłoń Krawczyń Piotrow "
            "Grabow Nowakow Pawłow Michal Zając Rutkow Sawic Ostrow Malinow Borkow",
            "ski",
            "ska",
        )
        + _same("Nowak Wójcik Kaczmarek Mazur Krawczyk Pająk Zając Wróbel Stępień Sikora Bąk Lis Kołodziej Szewczyk"),
    ),
    Origin(
        "LTU",
        0.017,
        {1: 1.0},
        _w(
            "Jonas Vytautas Tomas Mindaugas Darius Andrius Žilvinas Eglius Marius Gintaras Saulius Kęstutis Algirdas "
            "Rokas Lukas"
        ),
        _w("Rasa Daiva Eglė Jurgita Laima Živilė Rūta Aušra Viktorija Ieva Gintarė Eidvilė Jolanta Kristina Vaida"),
        _forms(
            "Kazlausk Jankausk Petrausk Stankevič Vasiliausk Žukausk Butk Paulausk Urbon Kavaliausk Ramanausk "
            "Navick Mackevič Bernot Šimk Pociu Rimk Gritėn Baranausk Dambrausk",
            "as",
            "ienė",
        ),
    ),
    Origin(
        "BGD",
        0.016,
        {3: 0.97, 9: 0.03},
        _w("Mohammed Abdul Shahid Kamal Rafiq Jamal Anwar Faruk Nurul Shafiqul Habibur Tariqul Masud Rashed Sohel"),
        _w(
            "Fatema Nasrin Shirin Rokeya Salma Jahanara Hasina Taslima Sharmin Ayesha Rehana Sultana Farzana Moni Nazma"
        ),
        _same(
            "Begum Miah Khatun Ahmed Uddin Islam Rahman Hussain Ali Chowdhury Khan Hoque Alam Akter Choudhury Haque "
            "Mia Sarkar Talukdar Bhuiyan Molla"
        ),
    ),
    Origin(
        "PAK",
        0.016,
        {3: 0.96, 4: 0.02, 9: 0.02},
        _w("Muhammad Imran Asif Usman Bilal Tariq Naveed Zahid Kashif Adnan Shahzad Waqas Faisal Hamza Ibrahim"),
        _w("Saima Nadia Fozia Shazia Ayesha Sana Rabia Samina Amna Hina Mehwish Zara Iqra Maryam Bushra"),
        _same(
            "Khan Ahmed Hussain Mahmood Malik Iqbal Butt Akhtar Shah Bibi Mirza Qureshi Chaudhry Rashid Raza Aslam "
            "Bashir Javed Sheikh Siddiqui Mughal"
        ),
    ),
    Origin(
        "IND",
        0.030,
        {3: 0.96, 4: 0.02, 5: 0.02},
        _w(
            "Rajesh Amit Sanjay Vijay Suresh Anil Rahul Arjun Harpreet Gurdeep Manjit Balwinder Kiran Dev Rohan Nikhil "
            "Jaswinder Sukhdev"
        ),
        _w(
            "Priya Anita Sunita Meena Kavita Pooja Neha Deepa Harjit Manpreet Gurpreet Jasbir Lakshmi Radha Simran "
            "Asha Rekha Parminder"
        ),
        _same(
            "Patel Singh Kaur Shah Sharma Gill Sandhu Kumar Desai Mehta Dhillon Reddy Nair Iyer Joshi Grewal Bains "
            "Sidhu Chauhan Rana Pillai Menon Varma Bhatt Thakur Mistry"
        ),
    ),
    Origin(
        "CHN",
        0.010,
        {3: 0.6, 5: 0.4},
        _w("Wei Ming Jun Chun Kwok Kin Jian Hao Tao Feng Ho Yan Siu Man Lok Hin Zhi Peng".replace("Ho Yan", "Hoyan")),
        _w("Mei Ling Xiu Yan Hui Lan Fang Jing Wai Yee Suk Yin Na Li Pui Shan Xiao Ying"),
        _same("Chan Wong Li Chen Wang Zhang Lee Liu Lam Cheung Ng Ho Leung Yip Lin Huang Zhao Wu Zhou Tang Xu Yang"),
    ),
    Origin(
        "ARA",
        0.016,
        {5: 0.6, 1: 0.15, 2: 0.15, 9: 0.1},
        _w("Ahmad Omar Khaled Yousef Mahmoud Hassan Mustafa Karim Samir Ziad Abdirahman Mohamed Ibrahim Tarek Bassam"),
        _w("Fatima Layla Maryam Noor Huda Samira Rania Amina Hanan Salma Khadija Yasmin Ikram Sahra Dalia"),
        _same(
            "Al-Sayed Haddad Hassan Khalil Mansour Nasser Saleh Al-Amin Farah Osman Abdi Warsame Ismail Darwish "
            "Hamdan Aziz Shaheen El-Masri Bakri Yusuf Jama Nur"
        ),
    ),
    Origin(
        "PRT",
        0.011,
        {1: 0.85, 4: 0.15},
        _w("José João António Luís Nuno Rui Tiago Bruno Ricardo Sérgio Paulo Hélder André Fábio César"),
        _w("Maria Ana Inês Sofia Conceição Fátima Lúcia Beatriz Mónica Sílvia Patrícia Catarina Vânia Rosa Márcia"),
        _same(
            "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes Gonçalves Gomes "
            "Lopes Marques Alves Almeida Ribeiro Pinto Carvalho Araújo"
        ),
    ),
    Origin(
        "TUR",
        0.009,
        {1: 0.4, 5: 0.6},
        _w("Mehmet Mustafa Ahmet Ali Hüseyin Hasan İsmail Osman Murat Emre Yusuf Kemal Cem Barış Serkan"),
        _w("Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Sultan Hülya Sevgi Özlem Derya Gül Yasemin"),
        _same("Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt"),
    ),
    Origin(
        "BGR",
        0.009,
        {1: 1.0},
        _w("Georgi Dimitar Ivan Nikolay Petar Hristo Stoyan Todor Plamen Krasimir Aleksandar Boyan Veselin"),
        _w("Maria Ivanka Elena Yordanka Desislava Radka Petya Svetlana Tsvetelina Galina Milena Rositsa Vesela"),
        _forms("Ivan Georgi Dimitr Petr Nikol Hrist Stoyan Todor Angel Vasil Iliy Kol Marin Yordan", "ov", "ova"),
    ),
)

ORIGINS = _ORIGINS
# Short forms people are known by; a record may hold either.
NICKNAMES = {
    full: short
    for pair in _w(
        "Thomas:Tom James:Jim Daniel:Dan Joshua:Josh Samuel:Sam Benjamin:Ben Joseph:Joe William:Bill Matthew:Matt "
        "Alexander:Alex Nathan:Nate Robert:Bob Michael:Mick Kenneth:Ken Ronald:Ron Raymond:Ray Terence:Terry "
        "Geoffrey:Geoff Philip:Phil Leonard:Len Frederick:Fred Stanley:Stan Albert:Bert Anthony:Tony "
        "Stephen:Steve Andrew:Andy Stuart:Stu Jessica:Jess Charlotte:Lottie Katie:Kate Rebecca:Becky Bethany:Beth "
        "Abigail:Abi Natalie:Nat Margaret:Peggy Patricia:Pat Barbara:Babs Christine:Chris Susan:Sue Pamela:Pam "
        "Jacqueline:Jackie Gillian:Gill Dorothy:Dot Deborah:Debbie Mohammed:Mo Muhammad:Mo Oluwaseun:Seun "
        "Babatunde:Tunde Funmilayo:Funmi Damilola:Dami Krzysztof:Krzys Małgorzata:Gosia Katarzyna:Kasia "
        "Agnieszka:Aga Tomasz:Tomek Alexandru:Alex Alexandra:Alex Gheorghe:Gelu Harpreet:Harry Manpreet:Manny "
        "Emmanuel:Manny Victoria:Vicky Joanna:Asia Aleksandra:Ola Magdalena:Magda Cristina:Cris Gabriela:Gabi "
        "Dimitar:Mitko Georgi:Gosho"
    )
    for full, short in [pair.split(":")]
}
# Stands in free text which must be dropped at the door: no artefact of the receiver may ever hold it.
NEVER_LOADED = "Unkeptia Dropwater"
FIRMS = (
    "QUAYSIDE LETTINGS LTD", "HARBOROUGH HOMES LIMITED", "TIDEMARK DEVELOPMENTS", "NORTHBANK HOUSING ASSOC",
    "LOCKYER ESTATES LTD", "PALLISER PROPERTY LIMITED", "VOID PROPERTY", "EMPTY PROPERTY", "THE OCCUPIER", "THE OWNER",
)  # fmt: skip


@lru_cache(maxsize=1)
def pool() -> dict[str, np.ndarray]:
    """Every given name and surname once, as arrays the population points into.

    Per origin: `male`, `female`, `older_male`, `older_female` (numbers of given names) and `surnames` (pairs of
    numbers, male and female form).
    """
    given, surnames = _Numbering(), _Numbering()
    origins = []
    for origin in _ORIGINS:
        origins.append(
            {
                "male": given.numbers(origin.male),
                "female": given.numbers(origin.female),
                "older_male": given.numbers(origin.older_male or origin.male),
                "older_female": given.numbers(origin.older_female or origin.female),
                "surnames": np.array([surnames.numbers(pair) for pair in origin.surnames]),
            }
        )
    return {"given": given.listed(), "surnames": surnames.listed(), "origins": origins}


class _Numbering:
    def __init__(self) -> None:
        self._found: dict[str, int] = {}

    def numbers(self, names) -> np.ndarray:
        return np.array([self._found.setdefault(name, len(self._found)) for name in names])

    def listed(self) -> np.ndarray:
        column = np.empty(len(self._found), dtype=object)
        column[:] = list(self._found)
        return column


def drawn(rng: np.random.Generator, size: int, choices: int, steepness: float = 0.7) -> np.ndarray:
    """Places in a list of names, the first ones more common: weights fall as 1 / (rank + 4) ** steepness."""
    weights = 1.0 / (np.arange(choices) + 4.0) ** steepness
    return np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(size), side="right").clip(0, choices - 1)
