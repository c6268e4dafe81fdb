"""Heads of lists as other companies keep them, with the header of their outcome: invented leads of sixteen kinds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Columns = dict[str, object]


@dataclass(frozen=True)
class Draw:
    """What a list is drawn with."""

    rng: np.random.Generator
    rows: int

    def pick(self, *values: str, p: list[float] | None = None) -> np.ndarray:
        return self.rng.choice(list(values), self.rows, p=p)

    def whole(self, low: int, high: int) -> np.ndarray:
        return self.rng.integers(low, high, self.rows)

    def wins(self, rate: float, by: np.ndarray) -> np.ndarray:
        """Return who converted: more of those for whom `by` is large."""
        order = np.argsort(np.argsort(by + self.rng.normal(0, np.std(by) or 1, self.rows)))
        return order >= (1 - rate) * self.rows


def _yes(won: np.ndarray, yes: str = "Yes", no: str = "No") -> np.ndarray:
    return np.where(won, yes, no)


def b2b_deals(d: Draw) -> Columns:
    amount = d.whole(1_000, 90_000)
    return {
        "Opportunity ID": d.whole(10_000, 10_000_000), "Supplies Group": d.pick("Car", "Performance"),
        "Region": d.pick("Mid", "North", "West"), "Route To Market": d.pick("Fields", "Reseller", "Telesales"),
        "Opportunity Result": _yes(d.wins(0.23, amount), "Won", "Loss"), "Amount USD": amount,
        "Client Size By Revenue": d.whole(1, 6),
    }  # fmt: skip


def insurance_response(d: Draw) -> Columns:
    age = d.whole(20, 80)
    return {
        "id": range(1, d.rows + 1), "Gender": d.pick("Male", "Female"), "Age": age, "Driving_License": d.whole(0, 2),
        "Region_Code": d.whole(0, 50), "Previously_Insured": d.whole(0, 2), "Vehicle_Damage": d.pick("Yes", "No"),
        "Annual_Premium": d.whole(2_600, 60_000), "Response": d.wins(0.12, age).astype(int),
    }  # fmt: skip


def marketing_campaign(d: Draw) -> Columns:
    income = d.whole(5_000, 90_000)
    return {
        "ID": d.rng.permutation(d.rows), "Year_Birth": d.whole(1_940, 1_998),
        "Marital_Status": d.pick("Single", "Married"), "Income": income,
        **{f"AcceptedCmp{n}": d.wins(0.07, income).astype(int) for n in (3, 4, 5, 1, 2)},
        "Complain": d.wins(0.01, income).astype(int), "Z_Revenue": 11, "Response": d.wins(0.15, income).astype(int),
    }  # fmt: skip


def bank_y(d: Draw) -> Columns:
    duration = d.whole(10, 2_000)
    return {
        "age": d.whole(18, 90), "marital": d.pick("married", "single", "divorced"), "default": d.pick("no", "yes"),
        "balance": d.whole(-500, 9_000), "housing": d.pick("yes", "no"), "loan": d.pick("yes", "no"),
        "duration": duration, "poutcome": d.pick("unknown", "failure", "success", "other"),
        "y": _yes(d.wins(0.11, duration), "yes", "no"),
    }  # fmt: skip


def shop_sessions(d: Draw) -> Columns:
    value = d.whole(0, 60)
    return {
        "Administrative": d.whole(0, 12), "BounceRates": d.whole(0, 9), "PageValues": value,
        "Month": d.pick("Feb", "Mar", "Nov"), "VisitorType": d.pick("Returning_Visitor", "New_Visitor"),
        "Weekend": d.pick("TRUE", "FALSE"), "Revenue": _yes(d.wins(0.15, value), "TRUE", "FALSE"),
    }  # fmt: skip


def edtech(d: Draw) -> Columns:
    minutes = d.whole(0, 2_500)
    return {
        "ID": [f"EXT{n:04d}" for n in range(d.rows)], "age": d.whole(18, 64), "first_interaction": d.pick("Web", "App"),
        "profile_completed": d.pick("High", "Medium", "Low"), "time_spent_on_website": minutes,
        "print_media_type1": d.pick("Yes", "No"), "referral": d.pick("Yes", "No"),
        "status": d.wins(0.3, minutes).astype(int),
    }  # fmt: skip


def x_education(d: Draw) -> Columns:
    minutes = d.whole(0, 2_500)
    return {
        "Prospect ID": [f"p-{n}" for n in range(d.rows)], "Lead Number": d.rng.permutation(d.rows) + 600_000,
        "Lead Source": d.pick("Google", "Direct"), "Do Not Email": d.pick("No", "Yes"),
        "Converted": d.wins(0.38, minutes).astype(int), "TotalVisits": d.whole(0, 20), "Time": minutes,
        "Newspaper": d.pick("No", "Yes"), "A free copy of Mastering The Interview": d.pick("No", "Yes"),
    }  # fmt: skip


def crm_stages(d: Draw) -> Columns:
    seats = d.whole(1, 400)
    open_ = d.pick("Open", "Contacted", "Negotiation")
    won = d.wins(0.2, seats)
    return {
        "Account": [f"Firm {n}" for n in range(d.rows)], "Source": d.pick("Fair", "Web", "Partner"), "Seats": seats,
        "Newsletter": d.pick("Yes", "No"),
        "Stage": np.where(won, "Closed Won", np.where(d.whole(0, 3) > 0, "Closed Lost", open_)),
        "Owner": d.pick("Ann", "Ben", "Cho"), "Email Status": d.pick("Valid", "Invalid"),
    }  # fmt: skip


def reseller(d: Draw) -> Columns:
    orders = d.whole(0, 30)
    return {
        "Dealer Code": d.whole(100, 160), "Country": d.pick("DE", "FR", "IN"), "Orders Last Year": orders,
        "GDPR consent": d.pick("Y", "N"), "Discount": d.pick("Y", "N"),
        "Purchased": _yes(d.wins(0.4, orders), "Y", "N"), "Comment code": d.whole(1, 9),
    }  # fmt: skip


def email_campaign(d: Draw) -> Columns:
    spent = d.whole(30, 3_000)
    return {
        "recency": d.whole(1, 12), "history": spent, "mens": d.whole(0, 2), "womens": d.whole(0, 2),
        "zip_code": d.pick("Urban", "Rural"), "newbie": d.whole(0, 2), "channel": d.pick("Web", "Phone"),
        "segment": d.pick("Mens E-Mail", "No E-Mail"), "visit": d.wins(0.15, spent).astype(int),
        "conversion": d.wins(0.009, spent).astype(int),
    }  # fmt: skip


def travel(d: Draw) -> Columns:
    pitch = d.whole(5, 60)
    return {
        "CustomerID": d.rng.permutation(d.rows) + 200_000, "ProdTaken": d.wins(0.19, pitch).astype(int),
        "Age": d.whole(18, 61), "TypeofContact": d.pick("Self Enquiry", "Company Invited"), "DurationOfPitch": pitch,
        "Passport": d.whole(0, 2), "OwnCar": d.whole(0, 2),
    }  # fmt: skip


def german(d: Draw) -> Columns:
    budget = d.whole(100, 9_000)
    return {
        "Kundennummer": [f"K{n:05d}" for n in range(d.rows)], "Herkunft": d.pick("Messe", "Web"), "Budget": budget,
        "Familienstand": d.pick("ledig", "verheiratet"), "Newsletter": d.pick("ja", "nein"),
        "Gekauft": _yes(d.wins(0.4, budget), "ja", "nein"),
    }  # fmt: skip


def french(d: Draw) -> Columns:
    visits = d.whole(0, 30)
    return {
        "Réf": d.rng.permutation(d.rows), "Origine": d.pick("Salon", "Site"), "Visites": visits,
        "Accord RGPD": d.pick("oui", "non"), "Statut": np.where(d.wins(0.3, visits), "Gagné", "Perdu"),
        "Commercial": d.pick("Anne", "Luc"),
    }  # fmt: skip


def spanish(d: Draw) -> Columns:
    visits = d.whole(0, 30)
    return {
        "Fuente": d.pick("Feria", "Web"), "Visitas": visits, "Cliente anterior": d.pick("sí", "no"),
        "Estado civil": d.pick("soltero", "casado"), "Ha comprado": _yes(d.wins(0.25, visits), "sí", "no"),
    }  # fmt: skip


def portuguese(d: Draw) -> Columns:
    age = d.whole(18, 80)
    return {
        "idade": age, "profissao": d.pick("tecnico", "servicos"), "inadimplente": d.pick("nao", "sim"),
        "emprestimo": d.pick("nao", "sim"), "campanha": d.whole(1, 9), "aderiu": _yes(d.wins(0.12, age), "sim", "nao"),
    }  # fmt: skip


def russian(d: Draw) -> Columns:
    budget = d.whole(1, 90)
    return {
        "Номер": d.rng.permutation(d.rows), "Источник": d.pick("Сайт", "Выставка"), "Бюджет": budget,
        "Согласие": d.pick("да", "нет"), "Сделка": _yes(d.wins(0.3, budget), "Выиграна", "Проиграна"),
    }  # fmt: skip


def chinese(d: Draw) -> Columns:
    visits = d.whole(0, 30)
    return {
        "来源": d.pick("展会", "网站"), "访问次数": visits, "婚姻状况": d.pick("已婚", "未婚"),
        "是否成交": _yes(d.wins(0.3, visits), "是", "否"),
    }  # fmt: skip


def churned_names(d: Draw) -> Columns:
    """Nothing but the place, and that the others foretell it, says which flag it is."""
    usage = d.whole(0, 400)
    return {
        "f1": d.pick("a", "b"), "flag_a": d.whole(0, 2), "usage": usage, "flag_b": d.whole(0, 2),
        "took_it": d.wins(0.3, usage).astype(int),
    }  # fmt: skip


LISTS: dict[Callable[[Draw], Columns], str] = {
    b2b_deals: "Opportunity Result", insurance_response: "Response", marketing_campaign: "Response", bank_y: "y",
    shop_sessions: "Revenue", edtech: "status", x_education: "Converted", crm_stages: "Stage", reseller: "Purchased",
    email_campaign: "conversion", travel: "ProdTaken", german: "Gekauft", french: "Statut", spanish: "Ha comprado",
    portuguese: "aderiu", russian: "Сделка", chinese: "是否成交", churned_names: "took_it",
}  # fmt: skip


def make_list(kind: Callable[[Draw], Columns], rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Make leads of a kind, all cells as text."""
    return pd.DataFrame(kind(Draw(np.random.default_rng(seed), rows))).astype("str")
